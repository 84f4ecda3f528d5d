import { expect, test } from '@jest/globals';
import { DeadBuffers } from './dead-buffers.js';

const mebibyte = 1024 * 1024;

function heapOf(held: number, kept: number) {
  const heap = {
    held: held * mebibyte,
    collections: 0,
    collect: () => {
      heap.collections += 1;
      heap.held = kept * mebibyte;
    },
    heldBytes: () => heap.held,
  };
  return heap;
}

test('buffers are collected once they have grown by more than 24 MiB', () => {
  const heap = heapOf(10, 12);
  const buffers = new DeadBuffers(heap);
  heap.held = 34 * mebibyte;
  buffers.sweep();
  expect(heap.collections).toBe(0);
  heap.held += 1;
  buffers.sweep();
  expect(heap).toMatchObject({ collections: 1, held: 12 * mebibyte });
});

test('what they have grown by counts from the least there was', () => {
  const heap = heapOf(40, 12);
  const buffers = new DeadBuffers(heap);
  heap.held = 10 * mebibyte;
  buffers.sweep();
  heap.held = 35 * mebibyte;
  buffers.sweep();
  expect(heap.collections).toBe(1);
});

test('what is alive after a collection does not bring the next one', () => {
  const heap = heapOf(0, 60);
  const buffers = new DeadBuffers(heap);
  heap.held = 70 * mebibyte;
  buffers.sweep();
  buffers.sweep();
  expect(heap.collections).toBe(1);
});

test('where Node cannot be asked nothing is done', () => {
  const heap = { ...heapOf(0, 0), collect: undefined, heldBytes: () => 100 * mebibyte };
  expect(() => new DeadBuffers(heap).sweep()).not.toThrow();
});
