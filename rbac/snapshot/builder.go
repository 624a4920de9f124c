package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Builder collects members and the distinct sets of roles that they hold.
type Builder struct {
	members []member
	numbers map[string]uint32 // of the sets, by their roles
	offsets []uint32
	roles   []uint16
	timed   []timed
	known   map[timed]uint32 // their numbers
	aliases []alias
}

type member struct {
	id    ID
	set   uint32
	order uint32 // in which it was added
}

type alias struct {
	id ID
	of uint32 // the order of its member
}

// NewBuilder returns an empty builder with room for this many members.
func NewBuilder(members int) *Builder {
	return &Builder{members: make([]member, 0, members), numbers: map[string]uint32{}, known: map[timed]uint32{}, offsets: []uint32{0}}
}

// Set returns the number of a set of roles, and stores the set if it is new. Roles are given by their index in the document;
// their order makes no difference.
func (b *Builder) Set(roles []uint16) uint32 {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	key := make([]byte, 0, 64)
	for _, r := range roles {
		key = binary.LittleEndian.AppendUint16(key, r)
	}
	n, ok := b.numbers[string(key)]
	if !ok {
		n = uint32(len(b.offsets) - 1)
		b.numbers[string(key)] = n
		b.roles = append(b.roles, roles...)
		b.offsets = append(b.offsets, uint32(len(b.roles)))
	}
	return n
}

// Add adds a member with a number that Set or Held returned.
func (b *Builder) Add(id ID, set uint32) {
	b.members = append(b.members, member{id, set, uint32(len(b.members))})
}

// Alias adds another name of the member that was added last, as [AliasID] makes it.
func (b *Builder) Alias(id ID) { b.aliases = append(b.aliases, alias{id, uint32(len(b.members) - 1)}) }

// Counts returns how many members and sets there are.
func (b *Builder) Counts() (members, sets int) { return len(b.members), len(b.offsets) - 1 }

// Sections returns the sections sets and members, and ends and aliases if there are any. It fails if a member was added twice.
// An alias that two members share is left out: it names neither.
func (b *Builder) Sections() ([]Section, error) {
	slices.SortFunc(b.members, func(x, y member) int { return bytes.Compare(x.id[:], y.id[:]) })
	for i := range b.members {
		if i > 0 && b.members[i].id == b.members[i-1].id {
			return nil, fmt.Errorf("snapshot: %s is a member twice", FormatID(b.members[i].id))
		}
	}
	list := []Section{
		{Name: SectionSets, Critical: true, Write: b.writeSets},
		idsSection(SectionMembers, len(b.members),
			func(i int) *ID { return &b.members[i].id },
			func(to []byte, i int) []byte { return binary.LittleEndian.AppendUint32(to, b.members[i].set) }),
	}
	if len(b.timed) > 0 {
		list = append(list, b.endsSection())
	}
	if b.aliases != nil {
		list = append(list, b.aliasSection())
	}
	return list, nil
}

func (b *Builder) aliasSection() Section {
	places := make([]uint32, len(b.members))
	for i := range b.members {
		places[b.members[i].order] = uint32(i)
	}
	slices.SortFunc(b.aliases, func(x, y alias) int { return bytes.Compare(x.id[:], y.id[:]) })
	kept := make([]alias, 0, len(b.aliases))
	for i, a := range b.aliases {
		same := func(j int) bool { return j >= 0 && j < len(b.aliases) && b.aliases[j].id == a.id }
		if !same(i-1) && !same(i+1) {
			kept = append(kept, a)
		}
	}
	return idsSection(SectionAliases, len(kept),
		func(i int) *ID { return &kept[i].id },
		func(to []byte, i int) []byte { return binary.LittleEndian.AppendUint32(to, places[kept[i].of]) })
}

func (b *Builder) writeSets(w io.Writer) error {
	if len(b.roles) > math.MaxUint32 {
		return fmt.Errorf("snapshot: too many sets of roles")
	}
	buffer := binary.LittleEndian.AppendUint32(nil, uint32(len(b.offsets)-1))
	for _, o := range b.offsets {
		buffer = binary.LittleEndian.AppendUint32(buffer, o)
	}
	for _, r := range b.roles {
		buffer = binary.LittleEndian.AppendUint16(buffer, r)
	}
	_, err := w.Write(buffer)
	return err
}

// OrganizationRevision is an organization in the document of the site.
type OrganizationRevision struct {
	ID       ID
	Revision int64
}

// OrganizationsSection returns the section with the organizations that the caller may read. It sorts list.
func OrganizationsSection(list []OrganizationRevision) Section {
	slices.SortFunc(list, func(x, y OrganizationRevision) int { return bytes.Compare(x.ID[:], y.ID[:]) })
	return idsSection(SectionOrganizations, len(list),
		func(i int) *ID { return &list[i].ID },
		func(to []byte, i int) []byte { return binary.LittleEndian.AppendUint64(to, uint64(list[i].Revision)) })
}

// The kinds of aliases.
const (
	AliasUsername = "username"
	AliasEmail    = "email"
)

// AliasID returns the alias of an account of a server: SHA-256 of issuer, kind and value, each on a line, cut to 16 bytes. The
// value must be folded as the server folds names: see [Fold].
func AliasID(issuer, kind, folded string) (id ID) {
	sum := sha256.Sum256([]byte(issuer + "\n" + kind + "\n" + folded + "\n"))
	copy(id[:], sum[:])
	return id
}

// Fold returns the form in which the server compares usernames and e-mail addresses.
func Fold(name string) string { return strings.ToLower(name) }
