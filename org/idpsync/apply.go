package idpsync

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// A sign-in is synced before its session begins: first the site, where losses are counted too, then one unit for each
// organization in order of id. Each checks again what is due, so it may be repeated, and the next sign-in finishes what a crash
// left undone.

// Person is someone who signs in, with what the provider says about them.
type Person struct {
	Provider *org.Provider
	Claims   map[string]any
	Request  org.Request
	User     uuid.UUID
}

// Outlook says what a sign-in leaves as it is, and whether it changes anything.
type Outlook struct {
	Due bool // what the account holds must change before the session begins

	source   org.Source
	user     uuid.UUID
	had, has []notice
}

// Look finds out what a sign-in would change. It only reads.
func Look(ctx context.Context, s unit.Reader, by Person) (Outlook, error) {
	o, err := lookAt(ctx, s, by, false)
	if err != nil {
		return Outlook{}, err
	}
	return Outlook{Due: o.due(), source: by.Provider.Source(), user: by.User, had: o.had, has: o.has}, nil
}

// Store records what the sign-in left as it was, and deletes what an earlier one left.
func (o *Outlook) Store(ctx context.Context, w *unit.Writer) error {
	// Most sign-ins leave nothing and had nothing, so they write nothing here.
	for _, n := range o.had {
		if slices.Contains(o.has, n) {
			continue
		}
		if err := w.W.DeleteSyncNotice(ctx, db.DeleteSyncNoticeParams{Source: string(o.source), UserID: o.user, Kind: n.kind, Target: n.target}); err != nil {
			return err
		}
	}
	for _, n := range o.has {
		if slices.Contains(o.had, n) {
			continue
		}
		if err := storeNotice(ctx, w, o.source, o.user, n); err != nil {
			return err
		}
	}
	return nil
}

func storeNotice(ctx context.Context, w *unit.Writer, source org.Source, user uuid.UUID, n notice) error {
	return w.W.InsertSyncNotice(ctx, db.InsertSyncNoticeParams{Source: string(source), UserID: user, Kind: n.kind, Target: n.target, Now: w.Now})
}

func lookAt(ctx context.Context, s unit.Reader, by Person, counted bool) (*outlook, error) {
	rules, err := Rules(ctx, s, by.Provider.ID)
	if err != nil {
		return nil, err
	}
	return look(ctx, s, question{provider: by.Provider, book: newRulebook(rules), claims: by.Claims, user: by.User, counted: counted})
}

// JoinsDefault reports whether an account created by a sign-in belongs to the default organization from the start. Where rules
// give memberships, they decide that instead.
func JoinsDefault(ctx context.Context, s unit.Reader, p *org.Provider, claims map[string]any) (bool, error) {
	rules, err := Rules(ctx, s, p.ID)
	for _, r := range rules {
		if r.Kind == org.SyncOrganizations && r.Field != "" {
			_, state := lookUp(p, claims, r.Field)
			return !state.Says() && r.AssignDefault, err
		}
	}
	return true, err
}

// maxRounds is how often Apply tries again if others change the records meanwhile.
const maxRounds = 3

// Apply changes what an account holds from a provider to what the rules give it now.
func (s *Service) Apply(ctx context.Context, by Person) (err error) {
	defer org.Wrap(&err, "sync with %q", by.Provider.ID)
	for range maxRounds {
		// Without a lock: usually only organizations are affected, and the site need not be locked for that.
		o, err := s.lookNow(ctx, by)
		if err != nil || !o.due() {
			return err
		}
		if o.trips || o.loses && !o.known || o.dueIn(uuid.Nil) {
			if _, _, err := unit.Do(ctx, s.units, s.actor(by), unit.OnSite, "write", by, planSite, applySite); err != nil {
				return err
			}
		}
		for _, p := range o.parts {
			if p.place == uuid.Nil || !o.dueIn(p.place) {
				continue
			}
			// In order of id, so that two sign-ins of one person cannot wait for each other.
			in := atPlace{by, p.place}
			_, _, err := unit.Do(ctx, s.units, s.actor(by), unit.InOrganization(p.place.String()), "write", in, planPlace, applyPlace)
			if err != nil && org.KindOf(err) != org.NotFound { // NotFound: the organization was deleted
				return err
			}
		}
	}
	return nil
}

// dueIn reports whether there is anything to store in a place.
func (o *outlook) dueIn(place uuid.UUID) bool {
	_, told := o.toTell(place)
	return told || o.of(place).changes()
}

// toTell returns the notice about a place that the trail does not have yet.
func (o *outlook) toTell(place uuid.UUID) (notice, bool) {
	n := notice{string(org.HoldLastOwner), ""}
	if place != uuid.Nil {
		n = notice{string(org.HoldLastAdmin), place.String()}
	}
	return n, slices.Contains(o.has, n) && !slices.Contains(o.had, n)
}

// actor returns the provider as the trail names it.
func (s *Service) actor(by Person) *org.Actor {
	return s.units.Machine(string(by.Provider.Source())).WithRequest(by.Request)
}

func (s *Service) lookNow(ctx context.Context, by Person) (o *outlook, err error) {
	err = s.units.Moment(ctx, s.actor(by), func(src unit.Reader) error {
		o, err = lookAt(ctx, src, by, false)
		return err
	})
	return o, err
}

// siteSync is what is stored on the site.
type siteSync struct {
	*outlook
	source org.Source
	user   db.UserRow
	change *org.HolderChange // nil: the roles of the site stay
}

// planSite decides about the roles of the site, and whether the sign-in may take anything away.
func planSite(ctx context.Context, a *unit.Attempt, by Person) (p siteSync, err error) {
	p.source = by.Provider.Source()
	if p.user, err = syncable(ctx, a, by.User); err != nil {
		return p, err
	}
	a.About("user", p.user.ID, p.user.Username, uuid.Nil)
	if p.outlook, err = lookAt(ctx, a.Reader, by, false); err != nil {
		return p, err
	}
	// The unit may have been started only for the loss, which is counted here wherever it occurs.
	part := p.of(uuid.Nil)
	if !part.changes() {
		return p, nil
	}
	after := part.after()
	p.change = &org.HolderChange{
		User: p.user.ID, Username: p.user.Username, Before: rolesOf(part.before), After: rolesOf(after), Edits: part.edits(),
	}
	p.change.Ending = sortedKeys(org.EndsOf(after))
	a.WillHold(*p.change)
	return p, nil
}

// syncable returns the account of the person who signs in. If it was suspended meanwhile, nothing changes.
func syncable(ctx context.Context, a *unit.Attempt, id uuid.UUID) (db.UserRow, error) {
	row, err := a.Q.GetUser(ctx, id)
	if db.IsNotFound(err) {
		return row, org.ErrSignedOut("This account is gone.")
	}
	if err == nil {
		err = unit.MustBeActive(org.Status(row.Status))
	}
	return row, err
}

func applySite(ctx context.Context, w *unit.Writer, p siteSync) (none struct{}, err error) {
	switch {
	case p.trips:
		err = p.hold(ctx, w)
	case p.loses && !p.known && !p.fused:
		err = p.count(ctx, w)
	}
	if err != nil {
		return none, err
	}
	// Once: an entry at each sign-in would bury everything else in the trail.
	if n, told := p.toTell(uuid.Nil); told {
		w.Begin("write", errHeld.Kind.Status())
		w.About("user", p.user.ID, p.user.Username, uuid.Nil)
		w.Assignments(p.of(uuid.Nil).held, nil)
		if err := w.Record(ctx); err != nil {
			return none, err
		}
		if err := storeNotice(ctx, w, p.source, p.user.ID, n); err != nil {
			return none, err
		}
	}
	if p.change == nil {
		return none, nil
	}
	w.Begin("write", 200)
	w.About("user", p.user.ID, p.user.Username, uuid.Nil)
	if err := w.StoreSiteRoles(ctx, *p.change); err != nil {
		return none, err
	}
	return none, w.Record(ctx)
}

// errHeld is how the trail records what would have ended but stays.
var errHeld = &org.Error{Kind: org.Conflict, Message: "The last one must stay."}

// count records that someone is about to lose something.
func (p *siteSync) count(ctx context.Context, w *unit.Writer) error {
	source := string(p.source)
	// Losses too old to count are deleted here, since nothing else reads them.
	if err := w.W.DeleteOldSyncLosses(ctx, db.DeleteOldSyncLossesParams{Source: source, Before: w.Now.Add(-org.FuseWindow)}); err != nil {
		return err
	}
	return w.W.NoteSyncLoss(ctx, db.NoteSyncLossParams{Source: source, UserID: p.user.ID, Now: w.Now})
}

// hold holds back the removals of a source.
func (p *siteSync) hold(ctx context.Context, w *unit.Writer) error {
	w.Begin("write", errHeld.Kind.Status())
	w.About(sourceType, sourceID(p.source), string(p.source), uuid.Nil)
	w.Field("held", false, true)
	w.Field("reason", nil, tripped)
	if err := w.Record(ctx); err != nil {
		return err
	}
	return w.W.HoldSyncSource(ctx, db.HoldSyncSourceParams{Source: string(p.source), Now: w.Now, Reason: tripped})
}

// atPlace is a sign-in in one organization.
type atPlace struct {
	Person
	place uuid.UUID
}

// placeSync is what is stored in one organization.
type placeSync struct {
	*outlook
	source org.Source
	place  uuid.UUID
	user   db.UserRow
	synced *tenant.Synced // nil: nothing changes
}

// planPlace decides about the membership and the roles in one organization. Losses were counted before.
func planPlace(ctx context.Context, a *unit.Attempt, in atPlace) (p placeSync, err error) {
	p.source, p.place = in.Provider.Source(), in.place
	if p.user, err = syncable(ctx, a, in.User); err != nil {
		return p, err
	}
	o, err := a.Q.GetOrganization(ctx, in.place)
	if db.IsNotFound(err) {
		return p, org.ErrNotFound()
	}
	if err != nil {
		return p, err
	}
	a.About("organization_member", p.user.ID, p.user.Username, o.ID)
	// Only what the unit of the site has counted may be taken, or two servers could pass the fuse at the same time.
	if p.outlook, err = lookAt(ctx, a.Reader, in.Person, true); err != nil {
		return p, err
	}
	part := p.of(in.place)
	if !part.changes() {
		return p, nil
	}
	s, err := tenant.DecideSynced(ctx, a, o, p.user, part.edits())
	p.synced = &s
	return p, err
}

func applyPlace(ctx context.Context, w *unit.Writer, p placeSync) (none struct{}, err error) {
	if n, told := p.toTell(p.place); told {
		w.Begin("write", errHeld.Kind.Status())
		w.About("organization_member", p.user.ID, p.user.Username, p.place)
		w.Assignments(p.of(p.place).held, nil)
		if err := w.Record(ctx); err != nil {
			return none, err
		}
		if err := storeNotice(ctx, w, p.source, p.user.ID, n); err != nil {
			return none, err
		}
	}
	if p.synced == nil {
		return none, nil
	}
	return none, p.synced.Store(ctx, w)
}
