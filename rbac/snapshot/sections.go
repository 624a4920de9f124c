package snapshot

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// pieceSize is how much of a section is read at once. Memory is allocated as data arrives, never for an announced length.
const pieceSize = 64 << 10

// whole reads a section as a whole.
func whole(r io.Reader, n, atMost int64) ([]byte, error) {
	if n > atMost {
		return nil, fmt.Errorf("%w: too long", ErrFormat)
	}
	var b bytes.Buffer
	if m, err := io.CopyN(&b, r, n); err != nil || m != n {
		return nil, io.ErrUnexpectedEOF
	}
	return b.Bytes(), nil
}

func (d *Document) readCatalog(r io.Reader, n int64) (err error) {
	d.Catalog, err = whole(r, n, catalogAtMost)
	return err
}

func (d *Document) readRoles(r io.Reader, n int64) error {
	data, err := whole(r, n, rolesAtMost)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &d.Roles); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return nil
}

// pieces reads n bytes in batches of whole items.
func pieces(r io.Reader, n int64, use func(piece []byte)) error {
	buffer := make([]byte, min(n, pieceSize))
	for n > 0 {
		piece := buffer[:min(n, int64(len(buffer)))]
		if _, err := io.ReadFull(r, piece); err != nil {
			return err
		}
		use(piece)
		n -= int64(len(piece))
	}
	return nil
}

func (d *Document) readSets(r io.Reader, n int64) error {
	var count [4]byte
	if n < 8 || n > setsAtMost {
		return fmt.Errorf("%w: length", ErrFormat)
	}
	if _, err := io.ReadFull(r, count[:]); err != nil {
		return err
	}
	sets := int64(binary.LittleEndian.Uint32(count[:]))
	rest := n - 4 - 4*(sets+1)
	if rest < 0 || rest%2 != 0 {
		return fmt.Errorf("%w: length", ErrFormat)
	}
	err := pieces(r, 4*(sets+1), func(piece []byte) {
		for ; len(piece) > 0; piece = piece[4:] {
			d.offsets = append(d.offsets, binary.LittleEndian.Uint32(piece))
		}
	})
	if err != nil {
		return err
	}
	return pieces(r, rest, func(piece []byte) {
		for ; len(piece) > 0; piece = piece[2:] {
			d.held = append(d.held, binary.LittleEndian.Uint16(piece))
		}
	})
}

// readIDs reads what idsSection writes.
func readIDs(r io.Reader, n int64, size, atMost int64, id func(ID), number func([]byte)) error {
	count := n / (16 + size)
	if n%(16+size) != 0 || count > atMost {
		return fmt.Errorf("%w: length", ErrFormat)
	}
	err := pieces(r, 16*count, func(piece []byte) {
		for ; len(piece) > 0; piece = piece[16:] {
			id(ID(piece[:16]))
		}
	})
	if err != nil {
		return err
	}
	return pieces(r, size*count, func(piece []byte) {
		for ; len(piece) > 0; piece = piece[size:] {
			number(piece)
		}
	})
}

func (d *Document) readMembers(r io.Reader, n int64) error {
	count := int(n / 20)
	return readIDs(r, n, 4, membersAtMost,
		func(id ID) { d.ids.add(id, count) },
		func(b []byte) { d.sets.add(binary.LittleEndian.Uint32(b), count) })
}

func (d *Document) readAliases(r io.Reader, n int64) error {
	return readIDs(r, n, 4, 4*membersAtMost,
		func(id ID) { d.aliases = append(d.aliases, id) },
		func(b []byte) { d.named = append(d.named, binary.LittleEndian.Uint32(b)) })
}

func (d *Document) readOrganizations(r io.Reader, n int64) error {
	i := 0
	return readIDs(r, n, 8, organizationsAtMost,
		func(id ID) { d.Organizations = append(d.Organizations, OrganizationRevision{ID: id}) },
		func(b []byte) {
			d.Organizations[i].Revision = int64(binary.LittleEndian.Uint64(b))
			i++
		})
}

// check checks that all parts of a document fit together.
func (d *Document) check(seen map[string]bool) error {
	fail := func(what string) error { return fmt.Errorf("%w: %s", ErrFormat, what) }
	h := &d.Header
	id, err := ParseID(h.Organization)
	switch {
	case h.Kind != KindSite && h.Kind != KindOrganization:
		return fail("kind")
	case h.Kind == KindSite && h.Organization != "", h.Kind == KindOrganization && (err != nil || id == ID{}):
		return fail("organization")
	case !seen[SectionRoles] || len(d.Roles) == 0 || len(d.Roles) > math.MaxUint16:
		return fail("roles")
	case seen[SectionMembers] != seen[SectionSets], (seen[SectionAliases] || seen[SectionEnds]) && !seen[SectionMembers]:
		return fail("members without sets")
	case h.Kind == KindSite && (!seen[SectionCatalog] || !seen[SectionMembers]):
		return fail("the site without its catalog or members")
	}
	names := make(map[string]bool, len(d.Roles))
	for i := range d.Roles {
		if names[d.Roles[i].Name] || !d.Roles[i].sound() {
			return fail("roles")
		}
		names[d.Roles[i].Name] = true
	}
	if !d.setsFit() {
		return fail("sets")
	}
	if !d.endsFit() {
		return fail("ends")
	}
	if !d.membersFit() {
		return fail("members")
	}
	for i := range d.Organizations {
		if i > 0 && bytes.Compare(d.Organizations[i-1].ID[:], d.Organizations[i].ID[:]) >= 0 {
			return fail("organizations")
		}
	}
	return nil
}

// bitsAtMost bounds the numbers of pairs: a catalog has up to a thousand, and remembers up to four thousand removed ones.
const bitsAtMost = 8192

func (r *Role) sound() bool {
	for _, g := range []*Grants{r.Site, r.Organization, r.User} {
		if g != nil && max(len(g.Allow), len(g.Deny)) > bitsAtMost/8 {
			return false
		}
	}
	return true
}

func (d *Document) setsFit() bool {
	if len(d.offsets) == 0 {
		return len(d.held) == 0
	}
	if d.offsets[0] != 0 || int(d.offsets[len(d.offsets)-1]) != len(d.held) {
		return false
	}
	for i := 1; i < len(d.offsets); i++ {
		if d.offsets[i] < d.offsets[i-1] {
			return false
		}
	}
	for _, r := range d.held {
		if int(r) >= len(d.Roles) {
			return false
		}
	}
	return true
}

func (d *Document) membersFit() bool {
	for i := range d.ids.n {
		set := *d.sets.at(i)
		if !d.isSet(set) && (!isTimed(set) || int(set-timedBit) >= len(d.timed)) || i > 0 && bytes.Compare(d.ids.at(i - 1)[:], d.ids.at(i)[:]) >= 0 {
			return false
		}
	}
	for i := range d.aliases {
		if int64(d.named[i]) >= int64(d.ids.n) || i > 0 && bytes.Compare(d.aliases[i-1][:], d.aliases[i][:]) >= 0 {
			return false
		}
	}
	return true
}
