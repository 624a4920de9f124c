package feed

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

// Event is one event, encoded once for all who receive it. It does not change after it was made.
type Event struct {
	Name string
	ID   int64 // the position to continue from after it; 0: it moves no position
	Data []byte

	about uuid.UUID // the organization it is about, uuid.Nil for the site
	frame []byte
}

// Frame returns the event in the form of server-sent events.
func (e *Event) Frame() []byte { return e.frame }

func newEvent(name string, id int64, about uuid.UUID, data []byte) *Event {
	e := &Event{Name: name, ID: id, Data: data, about: about}
	e.frame = append(append([]byte("event: "), name...), '\n')
	if id > 0 {
		e.frame = append(strconv.AppendInt(append(e.frame, "id: "...), id, 10), '\n')
	}
	e.frame = append(append(append(e.frame, "data: "...), data...), "\n\n"...)
	return e
}

// encoded returns an event with v as its data, whose type can always be encoded.
func encoded(name string, id int64, about uuid.UUID, v any) *Event {
	data, _ := json.Marshal(v)
	return newEvent(name, id, about, data)
}

func reload(about uuid.UUID, to, id int64) *Event {
	return encoded(snapshot.EventReload, id, about, snapshot.Reload{Organization: named(about), To: to})
}

func denied(about uuid.UUID) *Event {
	return encoded(snapshot.EventDenied, 0, about, snapshot.Denied{Organization: about.String()})
}

// named returns the id of an organization in an event, "" for the site.
func named(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// row is a stored change.
type row struct {
	seq, xact int64
	about     uuid.UUID
	kind      string
	from, to  int64
	payload   string
}

// event returns the event for a row. About a deleted organization everybody is told what callers are told who may no longer
// read it.
func (r *row) event(id int64) *Event {
	switch r.kind {
	case unit.KindChange, unit.KindSame:
		return newEvent(map[string]string{unit.KindChange: snapshot.EventChange, unit.KindSame: snapshot.EventSite}[r.kind], id, r.about, r.change())
	case unit.KindGone:
		return encoded(snapshot.EventDenied, id, r.about, snapshot.Denied{Organization: r.about.String()})
	case unit.KindCatalog:
		return newEvent(snapshot.EventCatalog, id, uuid.Nil, []byte(r.payload))
	case unit.KindKeys:
		return newEvent(snapshot.EventKeys, id, uuid.Nil, []byte(r.payload))
	default: // reload, site
		return reload(r.about, r.to, id)
	}
}

// change returns the data of a change: the payload has the fields that are set.
func (r *row) change() []byte {
	data := make([]byte, 0, len(r.payload)+100)
	data = append(data, '{')
	if r.about != uuid.Nil {
		data = append(append(append(data, `"organization":"`...), r.about.String()...), `",`...)
	}
	data = strconv.AppendInt(append(data, `"from":`...), r.from, 10)
	data = strconv.AppendInt(append(data, `,"to":`...), r.to, 10)
	if len(r.payload) > len("{}") {
		data = append(append(data, ','), r.payload[1:len(r.payload)-1]...)
	}
	return append(data, '}')
}

// touches returns the accounts whose rights a change may affect, or that it may affect everybody.
func (r *row) touches() (accounts []string, everybody bool) {
	if r.kind != unit.KindChange {
		return nil, r.kind != unit.KindSame && r.kind != unit.KindKeys
	}
	var c snapshot.Change
	if json.Unmarshal([]byte(r.payload), &c) != nil || len(c.Roles)+len(c.RolesGone) > 0 {
		return nil, true
	}
	for id := range c.Set {
		accounts = append(accounts, id)
	}
	return append(accounts, c.Gone...), false
}
