package snapshot

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
)

// The limits of a document, so that no one can make a reader allocate memory for data that never comes.
const (
	headerAtMost        = 64 << 10
	catalogAtMost       = 16 << 20
	rolesAtMost         = 64 << 20
	membersAtMost       = 20_000_000
	setsAtMost          = 512 << 20 // bytes
	endsAtMost          = 2 * membersAtMost
	organizationsAtMost = 5_000_000
	otherAtMost         = 1 << 30 // of a section that is skipped
	sectionsAtMost      = 32
)

// Errors of [Read]. Each of them means that the document must not be used.
var (
	// ErrSignature says that a document is not signed by the key that it names.
	ErrSignature = errors.New("snapshot: the signature is wrong")
	// ErrCritical says that a document has a critical section that this package does not know, so it must not be used.
	ErrCritical = errors.New("snapshot: the document needs a later version of this program")
	// ErrFormat says that the data is not a complete, well-formed document.
	ErrFormat = errors.New("snapshot: not a sound document")
)

// UnknownKeyError says that a document names a key that is not known: the keys may have to be fetched again.
type UnknownKeyError struct{ Key string }

// Error names the key.
func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("snapshot: the key %q is unknown", e.Key)
}

// Document is a checked document. It must not be changed.
type Document struct {
	Header        Header
	Catalog       []byte // in its canonical form; only that of the site has it
	Roles         []Role // the first one is the implied one
	Organizations []OrganizationRevision

	offsets []uint32 // of the sets, in held
	held    []uint16
	timed   []timed
	ids     chunks[ID]
	sets    chunks[uint32]
	aliases []ID
	named   []uint32 // whom they name
	whole   bool     // it has members
}

// Whole reports whether the document has members. One that was requested with roles alone has none.
func (d *Document) Whole() bool { return d.whole }

// Members yields the accounts in the document in the order of their ids, each with the indexes of its roles in Roles, as if none
// of them had ended yet. The slices are shared.
func (d *Document) Members() iter.Seq2[ID, []uint16] {
	return func(yield func(ID, []uint16) bool) {
		for i := range d.ids.n {
			set := *d.sets.at(i)
			if isTimed(set) {
				set = d.timed[set-timedBit].set
			}
			if !yield(*d.ids.at(i), d.held[d.offsets[set]:d.offsets[set+1]]) {
				return
			}
		}
	}
}

// Read reads one document to the end of r and checks it: its signature by the keys, the checksum of each section, and that all
// numbers in it are valid. It fails with ErrFormat, ErrSignature, ErrCritical, an [UnknownKeyError], or an error of r.
func Read(r io.Reader, keys Keyring) (*Document, error) {
	d := &Document{}
	head, err := readHeader(r, &d.Header)
	if err != nil {
		return nil, broken(err)
	}
	key, ok := keys.Key(d.Header.Key)
	if !ok {
		return nil, &UnknownKeyError{d.Header.Key}
	}
	unknown := false
	seen := map[string]bool{}
	for i := range d.Header.Sections {
		s := &d.Header.Sections[i]
		if seen[s.Name] {
			return nil, fmt.Errorf("%w: two sections %q", ErrFormat, s.Name)
		}
		seen[s.Name] = true
		known, err := d.section(r, s)
		if err != nil {
			return nil, broken(err)
		}
		unknown = unknown || s.Critical && !known
	}
	var signature [ed25519.SignatureSize]byte
	if _, err := io.ReadFull(r, signature[:]); err != nil {
		return nil, broken(err)
	}
	if !ed25519.Verify(key, append([]byte(signed), head...), signature[:]) {
		return nil, ErrSignature
	}
	if n, err := r.Read(make([]byte, 1)); n > 0 || err == nil {
		return nil, fmt.Errorf("%w: something follows", ErrFormat)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if unknown {
		return nil, ErrCritical
	}
	d.whole = seen[SectionMembers]
	return d, d.check(seen)
}

// broken turns an early end into ErrFormat.
func broken(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends early", ErrFormat)
	}
	return err
}

// readHeader reads the header into h, and returns the bytes that the signature covers.
func readHeader(r io.Reader, h *Header) ([]byte, error) {
	head := make([]byte, len(magic)+4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[len(magic):])
	if string(head[:len(magic)]) != magic || n > headerAtMost || (len(head)+int(n))%8 != 0 {
		return nil, fmt.Errorf("%w: no header", ErrFormat)
	}
	head = append(head, make([]byte, n)...)
	text := head[len(magic)+4:]
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, h); err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	if len(h.Sections) > sectionsAtMost {
		return nil, fmt.Errorf("%w: too many sections", ErrFormat)
	}
	return head, nil
}

// section reads a section with its padding, and checks its checksum.
func (d *Document) section(r io.Reader, s *HeaderSection) (known bool, err error) {
	if s.Length < 0 || s.Length > otherAtMost {
		return false, fmt.Errorf("%w: section %q is too long", ErrFormat, s.Name)
	}
	in := &summed{r: io.LimitReader(r, s.Length), sum: sha256.New()}
	parse := map[string]func(io.Reader, int64) error{
		SectionCatalog: d.readCatalog, SectionRoles: d.readRoles, SectionSets: d.readSets, SectionMembers: d.readMembers,
		SectionEnds: d.readEnds, SectionAliases: d.readAliases, SectionOrganizations: d.readOrganizations,
	}[s.Name]
	known = parse != nil
	if !known {
		parse = func(r io.Reader, n int64) error { _, err := io.CopyN(io.Discard, r, n); return err }
	}
	if err := parse(in, s.Length); err != nil {
		return known, fmt.Errorf("section %q: %w", s.Name, err)
	}
	sum, err := hex.DecodeString(s.SHA256)
	if err != nil || subtle.ConstantTimeCompare(sum, in.sum.Sum(nil)) != 1 {
		return known, fmt.Errorf("%w: section %q has another sum", ErrFormat, s.Name)
	}
	var zeros [8]byte
	pad := zeros[:padding(s.Length)]
	if _, err := io.ReadFull(r, pad); err != nil {
		return known, err
	}
	for _, b := range pad {
		if b != 0 {
			return known, fmt.Errorf("%w: padding", ErrFormat)
		}
	}
	return known, nil
}

// summed computes the checksum of what is read through it.
type summed struct {
	r   io.Reader
	sum hash.Hash
}

func (s *summed) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.sum.Write(b[:n])
	return n, err
}
