package snapshot

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"time"
)

// Endless is the end of a role or membership that has none. Ends are in microseconds since 1970.
const Endless = math.MaxInt64

// Holding is a role that an account holds, and until when. A holding of the implied role is the membership itself. In JSON, one
// without an end is only the name. A reader that does not know ends cannot read any other form; it fetches the document, and
// must refuse that too.
type Holding struct {
	Role  string
	Until int64 // 0 and Endless: it has no end
}

// Lasting returns holdings without an end.
func Lasting(roles ...string) []Holding {
	list := make([]Holding, len(roles))
	for i, r := range roles {
		list[i] = Holding{Role: r}
	}
	return list
}

// until returns the end, Endless if there is none.
func (h *Holding) until() int64 {
	if h.Until == 0 {
		return Endless
	}
	return h.Until
}

type timedHolding struct {
	Role  string `json:"role"`
	Until int64  `json:"until"`
}

// MarshalJSON writes the name, or name and end.
func (h Holding) MarshalJSON() ([]byte, error) {
	if h.until() == Endless {
		return json.Marshal(h.Role)
	}
	return json.Marshal(timedHolding(h))
}

// UnmarshalJSON reads either form. Anything else is an error: it may be a limit of a kind that is not known here.
func (h *Holding) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		h.Until = 0
		return json.Unmarshal(data, &h.Role)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	var t timedHolding
	if err := errors.Join(json.Unmarshal(fields["role"], &t.Role), json.Unmarshal(fields["until"], &t.Until)); err != nil {
		return err
	}
	if len(fields) != 2 || t.Until <= 0 {
		return fmt.Errorf("%w: a role that is held", ErrFormat)
	}
	*h = Holding(t)
	return nil
}

// timed is a set that is held until a time, and what is held afterwards: another set, or none. A set number with timedBit is the
// index of one of these.
type timed struct {
	until     int64
	set, then uint32
}

const timedBit = 1 << 31

// isTimed reports whether a number is that of a timed set. noSet is not.
func isTimed(set uint32) bool { return set >= timedBit && set != noSet }

// lasting returns the set without an end that a number stands for at a time, or noSet.
func lasting(list []timed, set uint32, now int64) uint32 {
	for isTimed(set) {
		t := &list[set-timedBit]
		if now < t.until {
			return t.set
		}
		set = t.then
	}
	return set
}

// Until is a role by its index in a document, and its end, which may be Endless.
type Until struct {
	Role uint16
	End  int64
}

// span is a list of roles that is held until a time.
type span struct {
	roles []uint16
	until int64
}

// spans returns what a holder of roles holds, period by period. until is the end of the last period.
func spans(roles []Until, until int64) (list []span) {
	ends := map[int64]bool{until: true}
	for _, r := range roles {
		if r.End < until {
			ends[r.End] = true
		}
	}
	for _, end := range slices.Sorted(maps.Keys(ends)) {
		s := span{until: end}
		for _, r := range roles {
			if r.End >= end {
				s.roles = append(s.roles, r.Role)
			}
		}
		list = append(list, s)
	}
	return list
}

// chain returns the number that stands for spans; nothing is held after the last one. set returns the number of a list of
// roles, and add stores a timed set.
func chain(list []span, set func([]uint16) (uint32, error), add func(timed) (uint32, error)) (number uint32, err error) {
	number = noSet
	for _, s := range slices.Backward(list) {
		plain, err := set(s.roles)
		if err != nil {
			return 0, err
		}
		if s.until == Endless {
			number = plain
		} else if number, err = add(timed{s.until, plain, number}); err != nil {
			return 0, err
		}
	}
	return number, nil
}

// Held returns the number of what a member holds: each role until its end, and nothing after the end of the membership.
// If a role is given twice, the later end counts.
func (b *Builder) Held(roles []Until, end int64) uint32 {
	number, _ := chain(spans(roles, end),
		func(roles []uint16) (uint32, error) { return b.Set(roles), nil },
		func(t timed) (uint32, error) {
			place, ok := b.known[t]
			if !ok {
				place = timedBit + uint32(len(b.timed))
				b.timed, b.known[t] = append(b.timed, t), place
			}
			return place, nil
		})
	return number
}

const timedSize = 16

func (b *Builder) endsSection() Section {
	return Section{Name: SectionEnds, Critical: true, Write: func(w io.Writer) error {
		buffer := make([]byte, 0, timedSize*min(len(b.timed), 4096))
		for piece := range slices.Chunk(b.timed, 4096) {
			buffer = buffer[:0]
			for _, t := range piece {
				buffer = binary.LittleEndian.AppendUint64(buffer, uint64(t.until))
				buffer = binary.LittleEndian.AppendUint32(buffer, t.set)
				buffer = binary.LittleEndian.AppendUint32(buffer, t.then)
			}
			if _, err := w.Write(buffer); err != nil {
				return err
			}
		}
		return nil
	}}
}

func (d *Document) readEnds(r io.Reader, n int64) error {
	if n%timedSize != 0 || n/timedSize > endsAtMost {
		return fmt.Errorf("%w: length", ErrFormat)
	}
	return pieces(r, n, func(piece []byte) {
		for ; len(piece) > 0; piece = piece[timedSize:] {
			d.timed = append(d.timed, timed{
				until: int64(binary.LittleEndian.Uint64(piece)),
				set:   binary.LittleEndian.Uint32(piece[8:]), then: binary.LittleEndian.Uint32(piece[12:]),
			})
		}
	})
}

// endsFit reports whether all numbers are valid: what follows a timed set has a lower index and a later end, so no cycle exists.
func (d *Document) endsFit() bool {
	for i, t := range d.timed {
		if t.until <= 0 || t.until == Endless || !d.isSet(t.set) {
			return false
		}
		switch {
		case isTimed(t.then):
			if place := int(t.then - timedBit); place >= i || d.timed[place].until <= t.until {
				return false
			}
		case t.then != noSet && !d.isSet(t.then):
			return false
		}
	}
	return true
}

// isSet reports whether a number is that of a set without an end.
func (d *Document) isSet(set uint32) bool { return int64(set)+1 < int64(len(d.offsets)) }

// moment is the time of a decision: the clock is read once, and only if something ends.
type moment struct {
	clock func() time.Time
	at    int64
}

func (m *moment) now() int64 {
	if m.at == 0 {
		m.at = m.clock().UnixMicro()
	}
	return m.at
}

// numberOf returns the number of what an account holds. ok is false if a role is unknown.
func (t *table) numberOf(holdings []Holding) (number uint32, ok bool, err error) {
	end := int64(Endless)
	roles := make([]Until, 0, len(holdings))
	for i := range holdings {
		h := &holdings[i]
		n, known := t.numbers[h.Role]
		switch {
		case !known:
			return 0, false, nil
		case n == 0:
			end = h.until()
		default:
			roles = append(roles, Until{n, h.until()})
		}
	}
	if !t.organization && len(roles) > 0 { // on the site, an account that holds nothing any more is not listed
		end = min(end, slices.MaxFunc(roles, func(a, b Until) int { return cmp.Compare(a.End, b.End) }).End)
	}
	number, err = chain(spans(roles, end), t.setOf, t.addTimed)
	return number, err == nil, err
}

// addTimed stores a timed set. Each event that names an end adds some, so at a limit it asks for a new, smaller document.
func (t *table) addTimed(s timed) (uint32, error) {
	if len(t.timed) >= min(timedBit-1, 1<<16+4*t.ids.n) {
		return 0, errFull
	}
	t.timed = append(t.timed, s)
	return timedBit + uint32(len(t.timed)-1), nil
}
