package snapshot

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"maps"
	"math"
	"slices"
)

// noSet is the set of an account that is no longer in a table. Its id stays, so that no other entry has to move.
const noSet = math.MaxUint32

// errFull says that a table has no room left for what an event brings: the document must be fetched.
var errFull = errors.New("snapshot: too much has changed")

// table is a document in memory. A million members take 28 MB and what their distinct sets of roles take.
type table struct {
	organization bool // not of the site: the roles decide about the objects of one organization
	header       Header
	revision     int64
	aliases      []ID // as in the document: events do not change them
	named        []uint32

	ids     chunks[ID]
	sets    chunks[uint32]
	index   []uint32 // by hash: the place of the account, from 1 on
	present int

	names   []string // of the roles; "" of one that is gone, whose number is not given again
	numbers map[string]uint16
	grants  []Role

	offsets []uint32
	held    []uint16
	added   map[string]uint32 // the sets that events brought, by their roles
	timed   []timed           // what ends

	scratch []uint64

	words int      // in a set of pairs
	inner []uint64 // by set: what it allows and what it denies in the organization
	outer []uint32 // by set: where in outers is what it gives outside of it, which is the same for most
	outers
}

// outers holds the distinct rights at the levels site and user: allow and deny of site, then of user. The first entry is the
// implied role alone.
type outers struct {
	list   []uint64
	places map[string]uint32
}

// tableOf makes the table of a document. It shares the document's data, except for what events change in place.
func tableOf(d *Document, seed maphash.Seed) *table {
	t := &table{
		organization: d.Header.Kind == KindOrganization, header: d.Header, revision: d.Header.Revision,
		aliases: d.aliases, named: d.named, ids: d.ids.shared(), sets: d.sets.copied(), present: d.ids.n,
		offsets: d.offsets, held: d.held, timed: d.timed[:len(d.timed):len(d.timed)], added: map[string]uint32{}, numbers: make(map[string]uint16, len(d.Roles)),
	}
	for i := range d.Roles {
		t.names = append(t.names, d.Roles[i].Name)
		t.numbers[d.Roles[i].Name] = uint16(i)
	}
	t.grants = slices.Clone(d.Roles)
	t.resolve()
	t.hash(seed)
	return t
}

// hash rebuilds the index, with room for half as many more accounts.
func (t *table) hash(seed maphash.Seed) {
	size := 8
	for size*2 < t.ids.n*3 {
		size *= 2
	}
	t.index = make([]uint32, size)
	for i := range t.ids.n {
		t.enter(maphash.Bytes(seed, t.ids.at(i)[:]), i)
	}
}

func (t *table) enter(h uint64, at int) {
	mask := uint64(len(t.index) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		if t.index[i] == 0 {
			t.index[i] = uint32(at + 1)
			return
		}
	}
}

// place finds an account that is or was in the table.
func (t *table) place(h uint64, id *ID) (at int, ok bool) {
	mask := uint64(len(t.index) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch n := t.index[i]; {
		case n == 0:
			return 0, false
		case *t.ids.at(int(n - 1)) == *id:
			return int(n - 1), true
		}
	}
}

// find returns the set of an account at a moment, and false if it is not in the table.
func (t *table) find(h uint64, id *ID, m *moment) (set uint32, ok bool) {
	at, ok := t.place(h, id)
	if !ok {
		return 0, false
	}
	set = t.now(at, m)
	return set, set != noSet
}

// now returns the set in a place of the list at a moment.
func (t *table) now(at int, m *moment) uint32 {
	set := *t.sets.at(at)
	if isTimed(set) {
		set = lasting(t.timed, set, m.now())
	}
	return set
}

// put gives an account a set, or takes it out with noSet.
func (t *table) put(seed maphash.Seed, id ID, set uint32) {
	h := maphash.Bytes(seed, id[:])
	at, ok := t.place(h, &id)
	if ok {
		was := t.sets.at(at)
		if *was == noSet {
			t.present++
		}
		if set == noSet {
			t.present--
		}
		*was = set
		return
	}
	if set == noSet {
		return
	}
	t.present++
	t.ids.add(id, 0)
	t.sets.add(set, 0)
	if len(t.index)*3 < t.ids.n*4 {
		t.hash(seed)
		return
	}
	t.enter(h, t.ids.n-1)
}

// roleBits returns allow and deny of a role at the levels site, user and organization, in this order.
func (r *Role) roleBits() (bits [6]Bits) {
	for i, g := range []*Grants{r.Site, r.User, r.Organization} {
		if g != nil {
			bits[2*i], bits[2*i+1] = g.Allow, g.Deny
		}
	}
	return bits
}

// or adds the set to words, which must have room for it.
func (b Bits) or(words []uint64) {
	for i, v := range b {
		words[i>>3] |= uint64(v) << (i & 7 * 8)
	}
}

// resolve computes what each set of roles gives.
func (t *table) resolve() {
	longest := 1
	for i := range t.grants {
		for _, b := range t.grants[i].roleBits() {
			longest = max(longest, len(b))
		}
	}
	t.words = (longest + 7) / 8
	t.scratch = make([]uint64, 6*t.words)
	n := max(0, len(t.offsets)-1)
	if t.organization {
		t.inner = make([]uint64, 0, 2*t.words*n)
	}
	t.outer = make([]uint32, 0, n)
	t.outers = outers{places: map[string]uint32{}}
	t.resolveSet(nil, false) // the first one: nothing but the implied role
	for i := range n {
		t.resolveSet(t.held[t.offsets[i]:t.offsets[i+1]], true)
	}
}

// resolveSet computes what a set of roles gives, and adds it if keep is set. Every set contains the implied role.
func (t *table) resolveSet(roles []uint16, keep bool) {
	w := t.words
	all := t.scratch[:6*w]
	clear(all)
	if len(t.names) > 0 {
		t.orRole(all, 0)
	}
	for _, r := range roles {
		t.orRole(all, r)
	}
	at := t.outers.place(all[:4*w])
	if !keep {
		return
	}
	t.outer = append(t.outer, at)
	if t.organization {
		t.inner = append(t.inner, all[4*w:]...)
	}
}

func (t *table) orRole(all []uint64, role uint16) {
	for i, b := range t.grants[role].roleBits() {
		b.or(all[i*t.words : (i+1)*t.words])
	}
}

func (o *outers) place(rights []uint64) uint32 {
	var buffer [512]byte
	key := buffer[:0]
	for _, w := range rights {
		key = binary.LittleEndian.AppendUint64(key, w)
	}
	at, ok := o.places[string(key)]
	if !ok {
		at = uint32(len(o.places))
		o.places[string(key)] = at
		o.list = append(o.list, rights...)
	}
	return at
}

// level returns the rights of one level of an entry of outers: level 0 is the site, 1 the user.
func (t *table) level(place uint32, level int) []uint64 {
	begin := (int(place)*4 + 2*level) * t.words
	return t.list[begin : begin+2*t.words]
}

// vote returns -1 if the second half of rights, which is the denies, has the pair, else 1 if the first half has it, else 0.
func vote(rights []uint64, pair int) int {
	n := len(rights) / 2
	i := pair >> 6
	switch {
	case i >= n:
		return 0
	case rights[n+i]>>(pair&63)&1 != 0:
		return -1
	case rights[i]>>(pair&63)&1 != 0:
		return 1
	}
	return 0
}

// setOf returns the number of a set of roles, which it adds if it is new.
func (t *table) setOf(roles []uint16) (set uint32, err error) {
	slices.Sort(roles)
	roles = slices.Compact(roles)
	key := make([]byte, 0, 64)
	for _, r := range roles {
		key = binary.LittleEndian.AppendUint16(key, r)
	}
	if set, ok := t.added[string(key)]; ok {
		return set, nil
	}
	if len(t.offsets) == 0 {
		t.offsets = []uint32{0}
	}
	if len(t.held)+len(roles) > math.MaxUint32 || len(t.offsets) >= timedBit {
		return 0, errFull
	}
	set = uint32(len(t.offsets) - 1)
	t.held = append(t.held, roles...)
	t.offsets = append(t.offsets, uint32(len(t.held)))
	t.resolveSet(roles, true)
	t.added[string(key)] = set
	return set, nil
}

// withRoles returns a copy that shares everything except the roles and what sets give by them. A removed role keeps its number
// and gives nothing: an account that holds it by an old set must not get a new role of the same name.
func (t *table) withRoles(changed []Role, gone []string) (*table, error) {
	next := *t
	next.names, next.grants, next.numbers = slices.Clone(t.names), slices.Clone(t.grants), maps.Clone(t.numbers)
	next.added = maps.Clone(t.added) // if the change fails, the old table stays, and must not know the new sets
	for _, name := range gone {
		if n, ok := next.numbers[name]; ok && n != 0 {
			delete(next.numbers, name)
			next.names[n], next.grants[n] = "", Role{}
		}
	}
	for _, r := range changed {
		n, ok := next.numbers[r.Name]
		if !ok {
			if len(next.names) >= math.MaxUint16 {
				return nil, errFull
			}
			n = uint16(len(next.names))
			next.names, next.grants = append(next.names, r.Name), append(next.grants, Role{})
			next.numbers[r.Name] = n
		}
		next.grants[n] = r
	}
	next.resolve()
	return &next, nil
}

// bytes estimates how much memory the table takes.
func (t *table) bytes() int64 {
	n := 16*cap(t.aliases) + 4*cap(t.named) + 20*t.ids.n + 4*cap(t.index) + 4*cap(t.offsets) + 2*cap(t.held) +
		8*cap(t.inner) + timedSize*cap(t.timed) + 4*cap(t.outer) + 8*cap(t.list) + 200*len(t.names)
	return int64(n)
}
