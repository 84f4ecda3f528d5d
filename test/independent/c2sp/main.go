// Reads Safeconduct's log with the reference implementation of signed notes and tiled trees,
// golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog, and with nothing of Safeconduct.
//
// What the library has, the library does: signed notes and verifier keys (note.NewVerifier,
// note.Open), hash tiles (tlog.TileHashReader, which takes no tile that does not hash up to the
// tree), inclusion (tlog.ProveRecord, tlog.CheckRecord), consistency (tlog.ProveTree,
// tlog.CheckTree). What it does not have is read here: the three lines of a checkpoint
// (c2sp.org/tlog-checkpoint; tlog.ParseTree takes the Go checksum database's alone), a proof as text
// (c2sp.org/tlog-proof), and the signature type of witnesses (c2sp.org/tlog-cosignature), as a
// note.Verifier beside the library's own.
//
// Usage: see docs/log.md, "Reading it with other tools". Prints a line for each thing read; exits 0
// when all is as it should be, 1 when the library refused something, 2 for wrong use.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hash tiles of c2sp.org/tlog-tiles have 256 hashes.
const tileHeight = 8

// Slots of a round in the cover tree, and where in a slot's leaf the checkpoint begins: docs/log.md.
const (
	slotCount  = 64
	slotNoteAt = 43
)

type receipt struct {
	Record string `json:"record"`
	Proof  string `json:"proof"`
	Cover  *struct {
		Leaf     string   `json:"leaf"`
		SlotPath []string `json:"slotPath"`
		Proof    string   `json:"proof"`
	} `json:"cover"`
}

// What is turned over in one bit, once it has come from outside and before the library sees it.
type bender struct{ what string }

func (b bender) bend(what string, data []byte) []byte {
	return b.bendAt(what, data, len(data)/2)
}

func (b bender) bendAt(what string, data []byte, at int) []byte {
	if b.what != what || at >= len(data) {
		return data
	}
	bent := append([]byte(nil), data...)
	bent[at] ^= 1
	return bent
}

// bendNote turns one bit of a note's text over, in its root.
func (b bender) bendNote(what string, signed []byte) []byte {
	end := bytes.Index(signed, []byte("\n\n"))
	if end < 4 {
		return signed
	}
	return b.bendAt(what, signed, end-4)
}

func main() {
	url := flag.String("url", "", "partner door, https://host:8443")
	cert := flag.String("cert", "", "client certificate, PEM")
	key := flag.String("key", "", "its private key, PEM")
	ca := flag.String("ca", "", "CA of the partner door, PEM")
	logKey := flag.String("log-key", "", "verifier key of the own tree")
	coverKey := flag.String("cover-key", "", "verifier key of the cover tree")
	witnessKey := flag.String("witness-key", "", "verifier key of a witness")
	slot := flag.Int64("slot", 0, "the own tree's slot in the cover tree")
	receiptFile := flag.String("receipt", "", "a receipt as answered: record, proof, cover")
	earlier := flag.String("earlier", "", "file of an earlier checkpoint of the own tree")
	earlierCover := flag.String("earlier-cover", "", "file of an earlier checkpoint of the cover tree")
	bend := flag.String("bend", "", "turn one bit over: note, tile, record, proof, cover-note, cover-tile, slot-leaf, cover-proof, earlier, cosignature")
	flag.Parse()

	client, err := mutualTLS(*cert, *key, *ca)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	r := reader{url: *url, client: client, bender: bender{*bend}}
	err = r.read(keys{*logKey, *coverKey, *witnessKey, *slot}, *receiptFile, *earlier, *earlierCover)
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

type keys struct {
	log, cover, witness string
	slot                int64
}

type reader struct {
	bender
	url    string
	client *http.Client
}

func (r reader) read(keys keys, receiptFile, earlier, earlierCover string) error {
	logVerifier, err := note.NewVerifier(keys.log)
	if err != nil {
		return fmt.Errorf("log key: %w", err)
	}
	coverVerifier, err := note.NewVerifier(keys.cover)
	if err != nil {
		return fmt.Errorf("cover key: %w", err)
	}
	// The library's own kinds of key do not include a witness's.
	if _, err := note.NewVerifier(keys.witness); err == nil || !strings.Contains(err.Error(), "unknown verifier algorithm") {
		return fmt.Errorf("the library was expected not to know the witness's kind of key: %v", err)
	}
	witness, err := newCosignatureVerifier(keys.witness)
	if err != nil {
		return fmt.Errorf("witness key: %w", err)
	}

	own, err := r.openTree("/log", "note", "tile", logVerifier, earlier)
	if err != nil {
		return fmt.Errorf("own tree: %w", err)
	}
	cover, err := r.openTree("/log/cover", "cover-note", "cover-tile", coverVerifier, earlierCover)
	if err != nil {
		return fmt.Errorf("cover tree: %w", err)
	}

	data, err := os.ReadFile(receiptFile)
	if err != nil {
		return err
	}
	var receipt receipt
	if err := json.Unmarshal(data, &receipt); err != nil || receipt.Cover == nil {
		return errors.New("a receipt with its cover is needed")
	}
	record, err := base64.RawURLEncoding.DecodeString(receipt.Record)
	if err != nil {
		return err
	}
	record = r.bend("record", record)
	proven, err := parseProof(receipt.Proof, r.bender, "proof")
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	proofNote, err := note.Open(proven.note, note.VerifierList(logVerifier))
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if err := proven.includes(proofNote.Text, tlog.RecordHash(record)); err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	fmt.Printf("receipt: record %d is in the tree of its proof\n", proven.index)
	// The same record by way of the tiles, with a proof the library makes of them.
	if err := own.holds(proven.index, tlog.RecordHash(record)); err != nil {
		return fmt.Errorf("record by tiles: %w", err)
	}
	fmt.Printf("tiles: record %d is in the tree of size %d\n", proven.index, own.tree.N)

	leaf, err := base64.RawURLEncoding.DecodeString(receipt.Cover.Leaf)
	if err != nil {
		return err
	}
	leaf = r.bendAt("slot-leaf", leaf, slotNoteAt-1)
	root, err := foldSlot(leaf, receipt.Cover.SlotPath, keys.slot)
	if err != nil {
		return fmt.Errorf("slot: %w", err)
	}
	// The note in a slot is filled up with a signature line of no key; the library passes over it.
	inSlot, err := note.Open(leaf[slotNoteAt:], note.VerifierList(logVerifier))
	if err != nil {
		return fmt.Errorf("slot: %w", err)
	}
	if inSlot.Text != proofNote.Text {
		return errors.New("the slot holds another checkpoint than the receipt's proof")
	}
	covered, err := parseProof(receipt.Cover.Proof, r.bender, "cover-proof")
	if err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	covered.note = r.bendCosignature(covered.note)
	// A signature of a key that is not known is left for others to check, and is no failure.
	plain, err := note.Open(covered.note, note.VerifierList(coverVerifier))
	if err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	fmt.Printf("cosignatures: %d not known to the library, left unverified\n", len(plain.UnverifiedSigs))
	cosigned, err := note.Open(covered.note, note.VerifierList(coverVerifier, witness))
	if err != nil {
		return fmt.Errorf("cover, with the witness's key: %w", err)
	}
	if len(cosigned.Sigs) != 2 || cosigned.Sigs[1].Name != witness.Name() {
		return errors.New("the round was not cosigned by this witness")
	}
	fmt.Printf("cosignatures: 1 of %s verified\n", witness.Name())
	if err := covered.includes(cosigned.Text, tlog.RecordHash(root[:])); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	fmt.Printf("cover: slot %d of round %d is in the cosigned tree\n", keys.slot, covered.index)
	if err := cover.holds(covered.index, tlog.RecordHash(root[:])); err != nil {
		return fmt.Errorf("round by tiles: %w", err)
	}
	fmt.Printf("cover tiles: round %d is in the tree of size %d\n", covered.index, cover.tree.N)
	return nil
}

// A tree as its tiles tell it, under a checkpoint that was opened.
type openedTree struct {
	tree   tlog.Tree
	hashes tlog.HashReader
}

func (r reader) openTree(prefix, noteName, tileName string, key note.Verifier, earlier string) (*openedTree, error) {
	body, err := r.get(prefix + "/checkpoint")
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(r.bendNote(noteName, body), note.VerifierList(key))
	if err != nil {
		return nil, err
	}
	tree, err := parseCheckpoint(opened.Text, key.Name())
	if err != nil {
		return nil, err
	}
	hashes := tlog.TileHashReader(tree, tileReader{r, prefix, tileName})
	fmt.Printf("%s: signed by %s at size %d\n", prefix, opened.Sigs[0].Name, tree.N)
	if root, err := tlog.TreeHash(tree.N, hashes); err != nil || root != tree.Hash {
		return nil, fmt.Errorf("root by tiles: %v", err)
	}
	old, err := os.ReadFile(earlier)
	if err != nil {
		return nil, err
	}
	oldNote, err := note.Open(old, note.VerifierList(key))
	if err != nil {
		return nil, fmt.Errorf("earlier checkpoint: %w", err)
	}
	oldTree, err := parseCheckpoint(oldNote.Text, key.Name())
	if err != nil {
		return nil, err
	}
	copy(oldTree.Hash[:], r.bend("earlier", oldTree.Hash[:]))
	proof, err := tlog.ProveTree(tree.N, oldTree.N, hashes)
	if err != nil {
		return nil, err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, oldTree.N, oldTree.Hash); err != nil {
		return nil, fmt.Errorf("consistency from %d to %d: %w", oldTree.N, tree.N, err)
	}
	fmt.Printf("%s: grew from %d to %d\n", prefix, oldTree.N, tree.N)
	return &openedTree{tree, hashes}, nil
}

func (t *openedTree) holds(index int64, hash tlog.Hash) error {
	proof, err := tlog.ProveRecord(t.tree.N, index, t.hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, t.tree.N, t.tree.Hash, index, hash)
}

// tileReader is tlog.TileReader over HTTP. The library writes the height into a path
// (tile/8/0/000); C2SP tlog-tiles has one height and leaves it out (tile/0/000).
type tileReader struct {
	reader
	prefix string
	name   string
}

func (t tileReader) Height() int { return tileHeight }

func (t tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
		data, err := t.get(t.prefix + "/tile/" + path)
		if err != nil {
			return nil, err
		}
		all = append(all, t.bend(t.name, data))
	}
	return all, nil
}

func (r reader) get(path string) ([]byte, error) {
	response, err := r.client.Get(r.url + path)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

func mutualTLS(certificate, key, ca string) (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("no CA certificate")
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS13}
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: config},
		Timeout:   10 * time.Second,
	}, nil
}

// parseCheckpoint reads origin, size and root: c2sp.org/tlog-checkpoint, "Note text".
func parseCheckpoint(text, origin string) (tlog.Tree, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] != origin {
		return tlog.Tree{}, errors.New("not a checkpoint of this origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("not a tree size")
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// proof is one of c2sp.org/tlog-proof@v1.
type proof struct {
	index  int64
	hashes tlog.RecordProof
	note   []byte
}

func parseProof(text string, bender bender, name string) (*proof, error) {
	head, signed, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return nil, errors.New("not a proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	parsed := &proof{index: index, note: []byte(signed)}
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		copy(hash[:], bender.bend(name, hash[:]))
		parsed.hashes = append(parsed.hashes, hash)
	}
	return parsed, nil
}

// includes checks the proof under the text of its own note, once that has been opened.
func (p *proof) includes(text string, hash tlog.Hash) error {
	origin, _, _ := strings.Cut(text, "\n")
	tree, err := parseCheckpoint(text, origin)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(p.hashes, tree.N, tree.Hash, p.index, hash)
}

// foldSlot is the root of a round's subtree from one slot and the hashes beside its way up, the
// slot's sibling first: RFC 6962 hashing, tlog.RecordHash and tlog.NodeHash.
func foldSlot(leaf []byte, path []string, slot int64) (tlog.Hash, error) {
	if slot < 0 || slot >= slotCount || 1<<len(path) != slotCount {
		return tlog.Hash{}, errors.New("not a path of a slot")
	}
	hash := tlog.RecordHash(leaf)
	for _, text := range path {
		data, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(data) != tlog.HashSize {
			return tlog.Hash{}, errors.New("not a hash")
		}
		var sibling tlog.Hash
		copy(sibling[:], data)
		if slot&1 == 0 {
			hash = tlog.NodeHash(hash, sibling)
		} else {
			hash = tlog.NodeHash(sibling, hash)
		}
		slot >>= 1
	}
	return hash, nil
}
