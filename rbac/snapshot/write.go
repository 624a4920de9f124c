package snapshot

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// magic begins every document. signed begins what a signature covers, so that one for another purpose is never valid here.
const (
	magic  = "RCS1"
	signed = "rolecall-snapshot\n"
)

// Section is a part of a document to write.
type Section struct {
	Name     string
	Critical bool                    // a reader that does not know it must not use the document
	Write    func(w io.Writer) error // called twice, and must write the same both times
}

// Signer is a key and its id.
type Signer struct {
	ID  string
	Key ed25519.PrivateKey
}

// Write writes a document. It sets Key and Sections of the header. The sections write themselves straight to w, so that they
// need never be in memory.
func Write(w io.Writer, h Header, sections []Section, by Signer) error {
	h.Key, h.Sections = by.ID, make([]HeaderSection, len(sections))
	for i, s := range sections {
		sum := sha256.New()
		n := &counter{w: sum}
		if err := s.Write(n); err != nil {
			return err
		}
		h.Sections[i] = HeaderSection{Name: s.Name, Length: n.n, SHA256: hex.EncodeToString(sum.Sum(nil)), Critical: s.Critical}
	}
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("snapshot: header: %w", err)
	}
	for (len(magic)+4+len(head))%8 != 0 { // so that all sections begin at a multiple of 8
		head = append(head, ' ')
	}
	head = append(binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(head))), head...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	for i, s := range sections {
		n := &counter{w: w}
		if err := s.Write(n); err != nil {
			return err
		}
		if n.n != h.Sections[i].Length {
			return fmt.Errorf("snapshot: section %s did not write the same twice", s.Name)
		}
		if _, err := w.Write(make([]byte, padding(n.n))); err != nil {
			return err
		}
	}
	_, err = w.Write(ed25519.Sign(by.Key, append([]byte(signed), head...)))
	return err
}

// padding returns how many zeros follow n bytes.
func padding(n int64) int64 { return -n & 7 }

// counter counts the bytes written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// CatalogSection returns the section with the catalog in its canonical form.
func CatalogSection(canonical []byte) Section { return bytesSection(SectionCatalog, canonical) }

// RolesSection returns the section with the roles. The first one must be the implied role.
func RolesSection(roles []Role) (Section, error) {
	data, err := json.Marshal(roles)
	return bytesSection(SectionRoles, data), err
}

func bytesSection(name string, data []byte) Section {
	return Section{Name: name, Critical: true, Write: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// idsSection returns a section of ids in ascending order, followed by a number for each, of as many bytes as put appends. The
// sections members, aliases and organizations have this form.
func idsSection(name string, n int, id func(i int) *ID, put func(b []byte, i int) []byte) Section {
	return Section{Name: name, Critical: true, Write: func(w io.Writer) error {
		buffer := make([]byte, 0, 64<<10)
		flush := func(room int) error {
			if len(buffer)+room <= cap(buffer) {
				return nil
			}
			_, err := w.Write(buffer)
			buffer = buffer[:0]
			return err
		}
		for i := range n {
			if err := flush(len(ID{})); err != nil {
				return err
			}
			buffer = append(buffer, id(i)[:]...)
		}
		for i := range n {
			if err := flush(8); err != nil {
				return err
			}
			buffer = put(buffer, i)
		}
		_, err := w.Write(buffer)
		return err
	}}
}
