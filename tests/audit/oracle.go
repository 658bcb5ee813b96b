// The oracle of test_go.py: Go's own golang.org/x/mod/sumdb judges our notes, proofs and trees.
// Reads one JSON array of questions from standard input and answers each in order.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Keys     []string // verifier keys
	Note     string   // who signed this note?
	Proof    string   // does this proof file hold?
	Old, New string   // did the log grow from the one checkpoint to the other, as Path shows?
	Path     []string
	Leaves   [][]byte // which tree do these make, and which proofs?
	Sign     string   // sign this text with Secret
	Secret   string
}

type answer struct {
	Error       string
	Signers     []string
	Root        string
	Inclusion   [][]string // by leaf
	Consistency [][]string // by old size, from 1
	Note        string
}

// witness is a cosignature/v1 key, which the note package leaves to whoever needs it.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }
func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(w.key, append([]byte(head), msg...), sig[8:])
}

func verifier(text string) note.Verifier {
	if plain, err := note.NewVerifier(text); err == nil {
		return plain
	}
	parts := strings.SplitN(text, "+", 3)
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	must(err)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err)
	if key[0] != 4 {
		panic("not a key of a log or a witness")
	}
	return witness{parts[0], uint32(hash), key[1:]}
}

func open(text string, keys []string) (tree tlog.Tree, signers []string, err error) {
	var known []note.Verifier
	for _, key := range keys {
		known = append(known, verifier(key))
	}
	opened, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		return tree, nil, err
	}
	for _, one := range opened.Sigs {
		signers = append(signers, one.Name)
	}
	// ParseTree knows one log only, whose origin is this line; the two lines after it are ours.
	_, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err = tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	return tree, signers, err
}

func checkProof(text string, keys []string) (signers []string, err error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("not a proof")
	}
	leaf, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return nil, err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return nil, err
	}
	path, err := hashes(lines[3:])
	if err != nil {
		return nil, err
	}
	tree, signers, err := open(checkpoint, keys)
	if err != nil {
		return nil, err
	}
	return signers, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func checkGrowth(old, new string, path, keys []string) error {
	from, _, err := open(old, keys)
	if err != nil {
		return err
	}
	to, _, err := open(new, keys)
	if err != nil {
		return err
	}
	steps, err := hashes(path)
	if err != nil {
		return err
	}
	return tlog.CheckTree(steps, to.N, to.Hash, from.N, from.Hash)
}

func tree(leaves [][]byte) (told answer) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, err error) {
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	for n, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(n), leaf, reader)
		must(err)
		stored = append(stored, more...)
	}
	size := int64(len(leaves))
	root, err := tlog.TreeHash(size, reader)
	must(err)
	told.Root = root.String()
	for n := int64(0); n < size; n++ {
		path, err := tlog.ProveRecord(size, n, reader)
		must(err)
		told.Inclusion = append(told.Inclusion, texts(path))
		growth, err := tlog.ProveTree(size, n+1, reader)
		must(err)
		told.Consistency = append(told.Consistency, texts(growth))
	}
	return told
}

func hashes(lines []string) (found []tlog.Hash, err error) {
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

func texts(hashes []tlog.Hash) []string {
	told := []string{}
	for _, hash := range hashes {
		told = append(told, hash.String())
	}
	return told
}

func reply(asked question) (told answer) {
	var err error
	switch {
	case asked.Note != "":
		_, told.Signers, err = open(asked.Note, asked.Keys)
	case asked.Proof != "":
		told.Signers, err = checkProof(asked.Proof, asked.Keys)
	case asked.New != "":
		err = checkGrowth(asked.Old, asked.New, asked.Path, asked.Keys)
	case asked.Sign != "":
		signer, failed := note.NewSigner(asked.Secret)
		must(failed)
		signed, failed := note.Sign(&note.Note{Text: asked.Sign}, signer)
		told.Note, err = string(signed), failed
	default:
		told = tree(asked.Leaves)
	}
	if err != nil {
		told.Error = err.Error()
	}
	return told
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var questions []question
	must(json.NewDecoder(os.Stdin).Decode(&questions))
	answers := []answer{}
	for _, asked := range questions {
		answers = append(answers, reply(asked))
	}
	must(json.NewEncoder(os.Stdout).Encode(answers))
}
