package insight

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// EachWhoCan calls each for everybody who may do something in an organization, from one snapshot: members, then holders of roles
// outside it, if the caller may read accounts, then members who could if they were not suspended. It keeps few of them in memory
// at a time, however many there are. It reuses the value that it passes to each. Errors as WhoCan.
func (s *Service) EachWhoCan(ctx context.Context, subject *org.Actor, organization string, in org.Everybody, each func(*org.AblePerson) error) (err error) {
	defer org.Wrap(&err, "list everybody who can in %q", organization)
	q := s.presentQuestion(subject, in.Question)
	if err := askedPair(subject.Catalog, q); err != nil {
		return err
	}
	return s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		// Half an answer would look like a whole one, so there is no partial answer.
		if !subject.Can("read", org.MembersObject(o.ID)) {
			return org.ErrNotFound()
		}
		c, err := src.Crowd(ctx, o.ID)
		if err != nil {
			return err
		}
		w := everybody{each: each, whole: in.Whole, finder: finder{
			Crowd: c, question: q, object: objectAsked(src.Catalog(), q, o.ID, unit.Anyone), known: map[unit.Holding]*ruling{},
		}}
		if w.whole {
			state, err := src.Evidence(ctx, subject, o.ID)
			if err != nil {
				return err
			}
			w.revision = state.Revision
		}
		if err := w.walkMembers(ctx); err != nil {
			return err
		}
		if subject.Can("read", org.UsersObject) {
			if err := w.walkOutside(ctx); err != nil {
				return err
			}
		}
		for i := range w.suspended {
			if err := each(&w.suspended[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// everybody finds all who may do it, starting from the roles that allow it.
type everybody struct {
	finder
	each      func(*org.AblePerson) error
	whole     bool // as in org.Everybody
	revision  int64
	records   map[uuid.UUID][]org.Assignment // of the people in the current batch, if wanted
	suspended []org.AblePerson               // they come last
	person    org.AblePerson
	terms     map[uuid.UUID]*unit.TermsOf // of the people in the current batch for whom something ends
	roles     []string                    // roles of the organization whose holders may, unless another role denies it
	siteRoles []string
}

// maxSuspended is how many suspended members are kept for the end. Any further ones come among the others.
const maxSuspended = 10_000

// allows reports whether a holding alone allows it. Whoever may do it holds such a role: the level that decides has
// an allow and no deny, and no role, this or another, says anything at a level above it.
func (w *everybody) allows(ctx context.Context, h unit.Holding) (bool, error) {
	d, err := w.decide(ctx, h)
	return err == nil && d.able, err
}

// walkMembers walks the holders of the roles that allow it, or all members if everybody may who has no role that denies it.
func (w *everybody) walkMembers(ctx context.Context) error {
	all, err := w.allows(ctx, unit.Holding{})
	if err != nil {
		return err
	}
	if all {
		return w.walkAll(ctx)
	}
	for _, of := range []struct {
		place uuid.UUID
		list  *[]string
	}{{w.Org, &w.roles}, {uuid.Nil, &w.siteRoles}} {
		set, err := w.Roles(ctx, of.place)
		if err != nil {
			return err
		}
		for i := range set.List {
			if ok, err := w.allows(ctx, holdingOne(of.place, set.List[i].Name)); err != nil {
				return err
			} else if ok {
				*of.list = append(*of.list, set.List[i].Name)
			}
		}
	}
	if err := w.walkRoles(ctx); err != nil {
		return err
	}
	return w.walkElsewhere(ctx)
}

// people reads up to maxRows members of a list, after the last one read.
type people func(last *db.ListPeopleRow, maxRows int64) ([]db.ListPeopleRow, error)

// walk takes those members of a list who belong there now and are not reported elsewhere.
func (w *everybody) walk(ctx context.Context, next people, belongs func(*db.ListPeopleRow) bool) error {
	last := &db.ListPeopleRow{}
	for maxRows := int64(unit.ChunkSize); ; maxRows = unit.WalkPiece { // a small first batch, so that the first people arrive soon
		rows, err := next(last, maxRows)
		if err != nil {
			return err
		}
		here, err := w.heldPeople(ctx, rows)
		if err != nil {
			return err
		}
		if err := w.look(ctx, here); err != nil {
			return err
		}
		for i := range here {
			if belongs == nil || belongs(&here[i]) {
				if err := w.member(ctx, &here[i]); err != nil {
					return err
				}
			}
		}
		if int64(len(rows)) < maxRows {
			return nil
		}
		last = &rows[len(rows)-1]
	}
}

// walkAll walks all members.
func (w *everybody) walkAll(ctx context.Context) error {
	return w.walk(ctx, func(last *db.ListPeopleRow, maxRows int64) ([]db.ListPeopleRow, error) {
		return w.Q.ListPeople(ctx, db.ListPeopleParams{OrganizationID: w.Org, AfterKey: last.UsernameKey, MaxRows: maxRows})
	}, nil)
}

// walkRoles walks the holders of one role after another. A member who holds several comes with the first of them.
func (w *everybody) walkRoles(ctx context.Context) error {
	for at, role := range w.roles {
		err := w.walk(ctx, func(last *db.ListPeopleRow, maxRows int64) ([]db.ListPeopleRow, error) {
			rows, err := w.Q.ListPeopleOfRole(ctx, db.ListPeopleOfRoleParams{OrganizationID: w.Org, Role: role, AfterKey: last.UsernameKey, MaxRows: maxRows})
			return peopleRows(rows, func(r db.ListPeopleOfRoleRow) db.ListPeopleRow { return db.ListPeopleRow(r) }), err
		}, func(r *db.ListPeopleRow) bool {
			return holdsOne(r.Roles, w.roles[at:at+1]) && !holdsOne(r.Roles, w.roles[:at])
		})
		if err != nil {
			return err
		}
	}
	for at, role := range w.siteRoles {
		err := w.walk(ctx, func(last *db.ListPeopleRow, maxRows int64) ([]db.ListPeopleRow, error) {
			rows, err := w.Q.ListPeopleOfSiteRole(ctx, db.ListPeopleOfSiteRoleParams{OrganizationID: w.Org, Role: role, AfterUser: last.UserID, MaxRows: maxRows})
			return peopleRows(rows, func(r db.ListPeopleOfSiteRoleRow) db.ListPeopleRow { return db.ListPeopleRow(r) }), err
		}, func(r *db.ListPeopleRow) bool {
			return holdsOne(r.SiteRoles, w.siteRoles[at:at+1]) && !holdsOne(r.SiteRoles, w.siteRoles[:at]) && !holdsOne(r.Roles, w.roles)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// walkElsewhere takes the members whose roles in other organizations count here.
func (w *everybody) walkElsewhere(ctx context.Context) error {
	for piece := range slices.Chunk(unit.SortedIDs(w.Elsewhere), unit.ChunkSize) {
		rows, err := w.Q.ListPeopleByID(ctx, db.ListPeopleByIDParams{OrganizationID: w.Org, UserIds: piece})
		if err != nil {
			return err
		}
		here, err := w.heldPeople(ctx, peopleRows(rows, func(r db.ListPeopleByIDRow) db.ListPeopleRow { return db.ListPeopleRow(r) }))
		if err != nil {
			return err
		}
		if err := w.look(ctx, here); err != nil {
			return err
		}
		for i := range here {
			if r := &here[i]; !holdsOne(r.Roles, w.roles) && !holdsOne(r.SiteRoles, w.siteRoles) {
				if err := w.member(ctx, r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// holdsOne reports whether one of the names is among those held.
func holdsOne(held string, names []string) bool {
	if held == "" || len(names) == 0 {
		return false
	}
	for name := range strings.FieldsSeq(held) {
		if slices.Contains(names, name) {
			return true
		}
	}
	return false
}

// member reports a member who may do it.
func (w *everybody) member(ctx context.Context, r *db.ListPeopleRow) error {
	h := w.holdingOf(r)
	d, err := w.decide(ctx, h)
	if err != nil || !d.able {
		return err
	}
	end, err := w.until(ctx, w.terms[r.UserID], h)
	if err != nil {
		return err
	}
	w.person = org.AblePerson{
		UserID: r.UserID, Username: r.Username, Name: r.Name, Email: r.Email, Status: org.Status(r.Status), Member: true, Until: end, Answer: w.answerOf(d),
		Records: w.records[r.UserID], Revision: w.revision,
	}
	if w.person.Suspended() && len(w.suspended) < maxSuspended {
		w.suspended = append(w.suspended, w.person)
		return nil
	}
	return w.each(&w.person)
}

// answerOf returns the answer of a ruling, shared by everybody it is about.
func (w *everybody) answerOf(d *ruling) *org.Answer {
	w.tellAble(d)
	return d.answer
}

// walkOutside reports accounts outside the organization.
func (w *everybody) walkOutside(ctx context.Context) error {
	anybody, err := w.allows(ctx, unit.Holding{Outside: true})
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	var held []unit.Holding
	flush := func() error {
		if err := w.tellOutside(ctx, ids, held); err != nil {
			return err
		}
		ids, held = ids[:0], held[:0]
		return nil
	}
	err = outsiders(ctx, w.Crowd, anybody, func(id uuid.UUID, h unit.Holding) error {
		d, err := w.decide(ctx, h)
		if err != nil || !d.able {
			return err
		}
		ids, held = append(ids, id), append(held, h)
		if len(ids) < unit.ChunkSize {
			return nil
		}
		return flush()
	})
	if err == nil && len(ids) > 0 {
		err = flush()
	}
	return err
}

// tellOutside reports some of them, by what each holds.
func (w *everybody) tellOutside(ctx context.Context, ids []uuid.UUID, held []unit.Holding) error {
	rows, err := w.Q.ListUsersByID(ctx, ids)
	if err != nil {
		return err
	}
	unit.InOrder(rows, ids, func(r *db.UserRow) uuid.UUID { return r.ID })
	var ending []uuid.UUID
	for i := range rows {
		if rows[i].NextEnd.Valid || held[i].Elsewhere != "" {
			ending = append(ending, rows[i].ID)
		}
	}
	terms, err := w.Terms(ctx, ending)
	if err != nil {
		return err
	}
	if err := w.lookRecords(ctx, ids, uuid.Nil); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		d, err := w.decide(ctx, held[i])
		if err != nil {
			return err
		}
		w.person = org.AblePerson{
			UserID: r.ID, Username: r.Username, Name: r.Name, Email: r.Email, Status: org.Status(r.Status), Answer: w.answerOf(d),
			Records: w.records[r.ID], Revision: w.revision,
		}
		if w.person.Until, err = w.until(ctx, terms[r.ID], held[i]); err != nil {
			return err
		}
		if err := w.each(&w.person); err != nil {
			return err
		}
	}
	return nil
}

// peopleRows converts rows of another query to those of a list of people.
func peopleRows[R any](rows []R, as func(R) db.ListPeopleRow) []db.ListPeopleRow {
	list := make([]db.ListPeopleRow, len(rows))
	for i, r := range rows {
		list[i] = as(r)
	}
	return list
}
