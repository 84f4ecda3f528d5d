package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const (
	algorithmCosignature = 0x04
	keyHashBytes         = 4
	timestampBytes       = 8
)

// cosignatureVerifier is note.Verifier for cosignature/v1 (c2sp.org/tlog-cosignature, "Format"): the
// signature is a time of 8 bytes and an Ed25519 signature of "cosignature/v1\ntime N\n" and the note's text.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// newCosignatureVerifier reads a verifier key of signature type 0x04 (c2sp.org/signed-note).
func newCosignatureVerifier(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed verifier key")
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != algorithmCosignature {
		return nil, errors.New("not a key for cosignatures")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	if fmt.Sprintf("%x", sum[:keyHashBytes]) != parts[1] {
		return nil, errors.New("not the hash of this key")
	}
	return cosignatureVerifier{parts[0], binary.BigEndian.Uint32(sum[:]), data[1:]}, nil
}

func (v cosignatureVerifier) Name() string    { return v.name }
func (v cosignatureVerifier) KeyHash() uint32 { return v.hash }

func (v cosignatureVerifier) Verify(text, signature []byte) bool {
	if len(signature) != timestampBytes+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(v.key, []byte(signed), signature[timestampBytes:])
}

// bendCosignature turns one bit of the note's last signature over: base64 is left well formed.
func (b bender) bendCosignature(signed []byte) []byte {
	if b.what != "cosignature" {
		return signed
	}
	lines := strings.Split(strings.TrimSuffix(string(signed), "\n"), "\n")
	words := strings.Split(lines[len(lines)-1], " ")
	data, err := base64.StdEncoding.DecodeString(words[len(words)-1])
	if err != nil {
		return signed
	}
	data[len(data)-1] ^= 1
	words[len(words)-1] = base64.StdEncoding.EncodeToString(data)
	lines[len(lines)-1] = strings.Join(words, " ")
	return []byte(strings.Join(lines, "\n") + "\n")
}
