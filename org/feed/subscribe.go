package feed

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

const (
	maxNamed  = 1000 // organizations listed in hello; beyond that the document of the site has them
	maxReplay = 1000 // events since a position; beyond that it is cheaper to fetch the documents
	pageSize  = 500  // rows read at once
)

// Ask says who wants to listen, and to what.
type Ask struct {
	Actor         *org.Actor
	Organizations []string // ids or names
	All           bool     // all that the caller may read, including later ones
	After         int64    // the position to continue from; 0: from now on
}

// Subscribe begins to listen. first is hello and the events since the position; later ones come through the subscription, which
// may repeat some. For organizations that are missing, or that the caller may not read, it sends denied.
// NotFound: the caller may read none of them. Unavailable: too many listeners, or the server is stopping.
func (h *Hub) Subscribe(ctx context.Context, in Ask) (s *Subscription, first []*Event, err error) {
	defer org.Wrap(&err, "listen to changes")
	s = &Subscription{hub: h, all: in.All, signal: make(chan struct{}, 1)}
	var refused []uuid.UUID
	if in.All {
		if !in.Actor.MayFollowAny() {
			return nil, nil, org.ErrNotFound()
		}
	} else if s.named, refused, err = h.find(ctx, in); err != nil {
		return nil, nil, err
	}
	if err := h.enter(ctx, s, in.Actor); err != nil {
		return nil, nil, err
	}
	// Otherwise it would count as a listener for ever.
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	// The rights are checked again after the stream has been entered: from here on a loss is noticed.
	h.ask(ctx, []*caller{s.caller})
	if err := s.standing(); err != nil {
		return nil, nil, err
	}
	err = h.units.Moment(ctx, in.Actor, func(src unit.Reader) error {
		first, err = s.begin(ctx, src.Q, in.After)
		return err
	})
	for _, id := range refused {
		first = append(first, denied(id))
	}
	return s, first, err
}

// standing refuses a caller whose access has ended or cannot be checked.
func (s *Subscription) standing() error {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over != nil:
		return org.SignedOut()
	case !s.caller.sure:
		return unavailable("The database cannot be read.")
	}
	return nil
}

// find returns the organizations that the request means, and the ids of those that the caller may not read.
func (h *Hub) find(ctx context.Context, in Ask) (found, refused []uuid.UUID, err error) {
	src := h.units.Snapshot(in.Actor)
	seen := map[uuid.UUID]bool{}
	for _, ref := range in.Organizations {
		o, err := src.Organization(ctx, in.Actor, ref)
		switch {
		case err != nil && org.KindOf(err) != org.NotFound:
			return nil, nil, err
		case err != nil || !in.Actor.MayFollow(o.ID):
			// A name is not returned: a caller that may not read an organization must not learn that it exists.
			if id := unit.ParseID(ref); id != uuid.Nil {
				refused = append(refused, id)
			}
		case !seen[o.ID]:
			seen[o.ID] = true
			found = append(found, o.ID)
		}
	}
	if len(found) == 0 {
		return nil, nil, org.ErrNotFound()
	}
	return found, refused, nil
}

// enter registers a subscription for events.
func (h *Hub) enter(ctx context.Context, s *Subscription, by *org.Actor) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return unavailable("The server is stopping.")
	case len(h.clients) >= h.o.Clients:
		return unavailable("Too many programs listen to changes.")
	}
	if err := h.start(ctx); err != nil {
		return err
	}
	id := unit.Credential{User: by.ID(), Token: by.TokenID, Session: by.Session}
	c := h.callers[id]
	if c == nil {
		c = &caller{id: id, ends: by.TokenEnds, who: by, streams: map[*Subscription]struct{}{}, allowed: map[uuid.UUID]bool{}, sure: true}
		h.callers[id] = c
	}
	s.caller = c
	c.streams[s], h.clients[s] = struct{}{}, struct{}{}
	if s.all {
		h.all[s] = struct{}{}
	}
	for _, o := range s.named {
		if h.of[o] == nil {
			h.of[o] = map[*Subscription]struct{}{}
		}
		h.of[o][s] = struct{}{}
	}
	return nil
}

// begin returns hello, and the events since a position.
func (s *Subscription) begin(ctx context.Context, q db.Reads, after int64) ([]*Event, error) {
	feed, err := q.GetFeed(ctx)
	if err != nil {
		return nil, err
	}
	now := place{feed.Position, feed.Base, feed.Floor}
	site, err := q.GetRevision(ctx, uuid.Nil)
	if err != nil {
		return nil, err
	}
	revisions, err := s.revisions(ctx, q)
	if err != nil {
		return nil, err
	}
	hello := snapshot.Hello{
		Position: now.position, Site: site.Value, Catalog: site.Catalog, Heartbeat: int(s.hub.o.Beat.Seconds()), Organizations: map[string]int64{},
	}
	if len(revisions) <= maxNamed {
		for id, n := range revisions {
			hello.Organizations[id.String()] = n
		}
	}
	if after <= 0 {
		return []*Event{encoded(snapshot.EventHello, now.position, uuid.Nil, hello)}, nil
	}
	// Without an id: what follows has still to be processed.
	first := []*Event{encoded(snapshot.EventHello, 0, uuid.Nil, hello)}
	if after >= now.floor && after <= now.position {
		missed, whole, err := s.since(ctx, q, now, site.Value, after)
		if err != nil || whole {
			return append(first, missed...), err
		}
	}
	// The site first: what changed there together with a revision of an organization is sent before it.
	revisions[uuid.Nil] = site.Value
	ids := []uuid.UUID{uuid.Nil}
	if len(revisions) <= maxNamed+1 {
		ids = unit.SortedIDs(revisions)
	}
	for i, id := range ids {
		at := int64(0)
		if i == len(ids)-1 {
			at = now.position
		}
		first = append(first, reload(id, revisions[id], at))
	}
	return first, nil
}

// since returns the events after a position, given the revision of the site; whole is false if there are too many. Only the last
// one moves the position, since they are not in its order.
func (s *Subscription) since(ctx context.Context, q db.Reads, now place, site, after int64) (missed []*Event, whole bool, err error) {
	var last *row
	moved := false
	for from := int64(0); ; {
		rows, err := q.ListChanges(ctx, db.ListChangesParams{After: after - now.base, AfterSeq: from, MaxRows: pageSize})
		if err != nil {
			return nil, false, err
		}
		for _, r := range rows {
			from = r.Seq
			next := &row{seq: r.Seq, xact: r.Xact, about: r.OrganizationID, kind: r.Kind, from: r.RevisionFrom, to: r.RevisionTo, payload: r.Payload}
			moved = moved || s.moves(next)
			if !s.wants(r.OrganizationID) {
				continue
			}
			if last != nil {
				missed = append(missed, last.event(0))
			}
			last = next
		}
		if len(missed) >= maxReplay {
			return nil, false, nil
		}
		if len(rows) < pageSize {
			break
		}
	}
	if last != nil {
		missed = append(missed, last.event(now.position))
	}
	if moved {
		missed = append([]*Event{reload(uuid.Nil, site, 0)}, missed...)
	}
	return missed, true, nil
}

// moves reports whether a change of an organization may affect what the caller may read. Many do not, so this is decided from
// the text.
func (s *Subscription) moves(r *row) bool {
	s.hub.mu.Lock()
	who := s.caller.who
	s.hub.mu.Unlock()
	id := who.ID().String()
	switch {
	case r.about == uuid.Nil:
		return false
	case r.kind == unit.KindReload:
		return true
	case !strings.Contains(r.payload, id) && !strings.Contains(r.payload, `"roles`):
		return false
	}
	var c snapshot.Change
	if json.Unmarshal([]byte(r.payload), &c) != nil {
		return true
	}
	own, member := who.Basis.Of(r.about)
	_, set := c.Set[id]
	// The row does not say who held a deleted role.
	return set || slices.Contains(c.Gone, id) || member && len(c.RolesGone) > 0 ||
		slices.ContainsFunc(c.Roles, func(role snapshot.Role) bool { return slices.Contains(strings.Fields(own.Roles), role.Name) })
}

// wants reports whether the subscription includes an organization, or the site.
func (s *Subscription) wants(id uuid.UUID) bool {
	if id == uuid.Nil {
		return true
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if _, named := s.hub.of[id][s]; !named && !s.all {
		return false
	}
	return s.caller.may(id)
}

// revisions returns those of the organizations that it listens to.
func (s *Subscription) revisions(ctx context.Context, q db.Reads) (map[uuid.UUID]int64, error) {
	list := map[uuid.UUID]int64{}
	for _, id := range s.named {
		r, err := q.GetRevision(ctx, id)
		if err != nil {
			return nil, err
		}
		if s.wants(id) {
			list[id] = r.Value
		}
	}
	if !s.all {
		return list, nil
	}
	rows, err := q.ListOrganizations(ctx, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	s.hub.know(rows)
	for _, o := range rows {
		if s.wants(o.ID) {
			list[o.ID] = 0
		}
	}
	if len(list) > maxNamed {
		return list, nil
	}
	for after := uuid.Nil; ; {
		page, err := q.ListRevisions(ctx, db.ListRevisionsParams{AfterID: after, MaxRows: pageSize})
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			if _, wanted := list[r.OrganizationID]; wanted {
				list[r.OrganizationID] = r.Value
			}
			after = r.OrganizationID
		}
		if len(page) < pageSize {
			return list, nil
		}
	}
}

// know records which organizations exist, for those who listen to all.
func (h *Hub) know(rows []db.Organization) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.existing == nil {
		h.existing = map[uuid.UUID]bool{}
	}
	for _, o := range rows {
		h.existing[o.ID] = true
	}
}
