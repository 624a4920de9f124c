package idpsync

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// The impact examines those who signed in last, in batches, and takes no longer than a request may.
const (
	maxWeighed  = 10_000
	weighedOnce = 500
	weighedFor  = 10 * time.Second
	sampleSize  = 5
)

// gainKey is a membership or a role in a place.
type gainKey struct {
	place uuid.UUID
	role  string
}

// weighing counts what rules would change for everybody.
type weighing struct {
	by            *org.Actor
	impact        org.SyncImpact
	gains, losses map[gainKey]*org.SyncImpactLine
}

// weigh reports what rules would do to everybody, given their last claims. It ignores the fuse and the protection of the last
// owner: it shows what the rules give.
func weigh(ctx context.Context, s unit.Reader, by *org.Actor, q question) (org.SyncImpact, error) {
	w := weighing{by: by, gains: map[gainKey]*org.SyncImpactLine{}, losses: map[gainKey]*org.SyncImpactLine{}}
	w.impact.Complete = true
	home, err := homeOf(ctx, s, q.book)
	if err != nil {
		return w.impact, err
	}
	// Whether an organization exists is checked once for all people.
	places := map[uuid.UUID]bool{}
	began := time.Now()
	page := db.ListLatestIdentitiesParams{Provider: q.provider.ID, Before: unit.NullTime(s.When.Add(org.Day)), MaxRows: weighedOnce}
	for seen := 0; ; seen += weighedOnce {
		rows, err := latest(ctx, s, q.only, page)
		if err != nil {
			return w.impact, err
		}
		if len(rows) == 0 {
			break
		}
		if seen >= maxWeighed || time.Since(began) > weighedFor {
			w.impact.Complete = false
			break
		}
		last := rows[len(rows)-1]
		page.Before, page.BeforeSubject = last.LastLoginAt, last.Subject
		if err := w.piece(ctx, s, q, home, rows, places); err != nil {
			return w.impact, err
		}
		if len(rows) < weighedOnce {
			break
		}
	}
	w.impact.Gains, w.impact.Losses = sortedLines(w.gains), sortedLines(w.losses)
	return w.impact, nil
}

// latest returns a page of the people who signed in last: all, or the members of an organization.
func latest(ctx context.Context, s unit.Reader, only uuid.UUID, page db.ListLatestIdentitiesParams) ([]db.ListLatestIdentitiesRow, error) {
	if only == uuid.Nil {
		return s.Q.ListLatestIdentities(ctx, page)
	}
	members, err := s.Q.ListLatestIdentitiesOfMembers(ctx, db.ListLatestIdentitiesOfMembersParams{
		OrganizationID: only, Provider: page.Provider, Before: page.Before, BeforeSubject: page.BeforeSubject, MaxRows: page.MaxRows,
	})
	rows := make([]db.ListLatestIdentitiesRow, len(members))
	for i := range members {
		rows[i] = db.ListLatestIdentitiesRow(members[i])
	}
	return rows, err
}

// piece adds a batch of people, and reads what they hold at once.
func (w *weighing) piece(ctx context.Context, s unit.Reader, q question, home uuid.UUID, rows []db.ListLatestIdentitiesRow, places map[uuid.UUID]bool) error {
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].UserID
	}
	records, err := recordsOf(ctx, s, q.only, ids)
	if err != nil {
		return err
	}
	for i := range rows {
		// Of claims too long to keep, only the names are stored: what they would give is unknown.
		claims, ok := storedClaims(rows[i].Claims)
		if !ok {
			w.impact.Complete = false
			continue
		}
		v := &view{Reader: s, question: q, outlook: &outlook{want: q.book.desire(q.provider, claims, home)}, lax: true, stored: places}
		v.user = rows[i].UserID
		v.hold(records[v.user])
		if q.only != uuid.Nil && v.places[q.only] == nil { // an ended membership that was not swept yet
			continue
		}
		if err := v.compare(ctx, false); err != nil {
			return err
		}
		w.add(v, rows[i].Username)
	}
	return nil
}

// recordsOf reads what some people hold, everywhere or in only one organization.
func recordsOf(ctx context.Context, s unit.Reader, only uuid.UUID, ids []uuid.UUID) (map[uuid.UUID][]org.Assignment, error) {
	within := db.ListRecordsOfParams{FirstID: only, LastID: only, UserIds: ids}
	if only == uuid.Nil {
		within.LastID = uuid.Max
	}
	members, err := s.Q.ListRecordsOf(ctx, within)
	if err != nil {
		return nil, err
	}
	records := map[uuid.UUID][]org.Assignment{}
	for i := range members {
		records[members[i].UserID] = append(records[members[i].UserID], unit.AssignmentOf(members[i]))
	}
	if only != uuid.Nil {
		return records, nil
	}
	onSite, err := s.Q.ListSiteRecordsOf(ctx, ids)
	for i := range onSite {
		records[onSite[i].UserID] = append(records[onSite[i].UserID], unit.SiteAssignmentOf(onSite[i]))
	}
	return records, err
}

// add counts one person.
func (w *weighing) add(v *view, username string) {
	changed := false
	for i := range v.parts {
		p := &v.parts[i]
		if !p.changes() {
			continue
		}
		// Records of every source count: a role that a person also has by hand is not lost.
		before, after := heldBy(p.before, p.place), heldBy(p.after(), p.place)
		for role := range after {
			if !before[role] {
				w.line(w.gains, p.place, role, v.user, username)
				changed = true
			}
		}
		for role := range before {
			if !after[role] {
				w.line(w.losses, p.place, role, v.user, username)
				changed = true
			}
		}
	}
	if changed {
		w.impact.People++
	}
}

// heldBy returns what some records give in a place: without a membership, nothing.
func heldBy(records []org.Assignment, place uuid.UUID) map[string]bool {
	roles := map[string]bool{}
	for i := range records {
		roles[records[i].Role] = true
	}
	if place != uuid.Nil && !roles[org.RoleOrganizationUser] {
		return nil
	}
	return roles
}

func (w *weighing) line(lines map[gainKey]*org.SyncImpactLine, place uuid.UUID, role string, user uuid.UUID, username string) {
	key := gainKey{place, role}
	l := lines[key]
	if l == nil {
		l = &org.SyncImpactLine{Organization: place, Role: role}
		lines[key] = l
	}
	l.People++
	if !w.by.Can("read", org.UserObject(user)) && (place == uuid.Nil || !w.by.Can("read", org.MembersObject(place))) {
		return
	}
	at, _ := slices.BinarySearch(l.Sample, username)
	l.Sample = slices.Insert(l.Sample, at, username)
	l.Sample = l.Sample[:min(sampleSize, len(l.Sample))]
}

// sortedLines returns lines by organization and role, the site first.
func sortedLines(lines map[gainKey]*org.SyncImpactLine) []org.SyncImpactLine {
	keys := slices.SortedFunc(maps.Keys(lines), func(a, b gainKey) int {
		if c := slices.Compare(a.place[:], b.place[:]); c != 0 {
			return c
		}
		return strings.Compare(a.role, b.role)
	})
	list := make([]org.SyncImpactLine, 0, len(keys))
	for _, key := range keys {
		list = append(list, *lines[key])
	}
	return list
}
