package unit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// For programs that decide by a copy of who may do what, each change is stored with what it means for them (docs/spec/feed.md).
// That is worked out here, from what the plan announced, so that no use case can forget it.

// The kinds of a stored change. What is sent of each is in org/feed.
const (
	KindChange  = "change"  // of an organization: the payload has what is set
	KindReload  = "reload"  // it changed by more than that
	KindGone    = "gone"    // it was deleted
	KindSite    = "site"    // of the site: its roles, or who holds them, so its document must be fetched
	KindSame    = "same"    // nothing of that changed: only a revision moved
	KindCatalog = "catalog" // another version is in force
	KindKeys    = "keys"    // the keys of the server changed
)

// maxSet is how many accounts a change may name. With more it is cheaper to fetch the organization as a whole.
const maxSet = 1000

// errUntold is the fault of a use case that would change who holds what without announcing it.
var errUntold = errors.New("unit: a use case changed who has a role without saying who")

// news is what a change has to tell. The first three are known when they are written.
type news struct {
	begun, ended []uuid.UUID // organizations
	accounts     []uuid.UUID // whose memberships begin or cease to count
	catalog      *rbac.Catalog

	kind    string
	payload []byte
	carried bool // what changed in an organization counts outside of it
}

// TellKeys announces which keys of the server count from now on.
func (w *Writer) TellKeys(keys snapshot.Keys) (err error) {
	w.news.kind = KindKeys
	w.news.payload, err = json.Marshal(keys)
	return err
}

// gather puts together what the change means, from what the plan announced by WillHold and WillStore.
func (a *Attempt) gather(ctx context.Context, w *Writer) (err error) {
	said := len(a.change.holders) > 0 || len(a.change.roles) > 0 || len(a.change.away) > 0 || len(w.news.ended) > 0
	if (a.tx.WroteHolders() || a.tx.WroteRoles()) && !said {
		return errUntold
	}
	if a.scope.Everything() {
		return a.gatherSite(w)
	}
	return a.gatherOrganization(ctx, w, a.scope.Organization())
}

// gatherSite finds whose memberships change with the site, and whether its own roles change.
func (a *Attempt) gatherSite(w *Writer) (err error) {
	n := &w.news
	for _, h := range a.change.holders {
		if h.Place != uuid.Nil && !slices.Contains(n.begun, h.Place) && !slices.Contains(n.accounts, h.User) {
			n.accounts = append(n.accounts, h.User)
		}
	}
	switch {
	case n.kind != "":
	case n.catalog != nil:
		hash := n.catalog.Hash()
		n.kind = KindCatalog
		n.payload, err = json.Marshal(snapshot.Catalog{
			Version: n.catalog.Version(), Hash: hex.EncodeToString(hash[:]), Document: n.catalog.Document().Bytes(),
		})
	// With an organization, people begin or cease to be members.
	case a.tx.WroteSiteHolders() || a.tx.WroteRoles() || len(n.accounts)+len(n.begun)+len(n.ended) > 0:
		n.kind = KindSite
	default:
		n.kind = KindSame
	}
	return err
}

// gatherOrganization finds what its members hold now, and what its roles mean.
func (a *Attempt) gatherOrganization(ctx context.Context, w *Writer, orgID uuid.UUID) error {
	c := snapshot.Change{Set: map[string][]snapshot.Holding{}}
	last := make(map[uuid.UUID]int, len(a.change.holders))
	for i := range a.change.holders {
		last[a.change.holders[i].User] = i
	}
	for i := range a.change.holders {
		h := &a.change.holders[i]
		switch {
		case last[h.User] != i:
		case h.Leaves || h.Suspended:
			c.Gone = append(c.Gone, h.User.String())
		default:
			c.Set[h.User.String()] = snapshot.Lasting(h.After...)
		}
		if w.news.carried {
			continue
		}
		var err error
		if w.news.carried, err = a.carries(ctx, orgID, h); err != nil {
			return err
		}
	}
	if set, ok := a.change.roles[orgID]; ok {
		w.news.carried = w.news.carried || a.gatherRole(&c, set)
	}
	w.news.kind = KindChange
	if len(c.Set)+len(c.Gone) > maxSet {
		w.news.kind = KindReload
		return nil
	}
	if err := a.tellEnds(ctx, w, &c, orgID); err != nil {
		return err
	}
	var err error
	w.news.payload, err = json.Marshal(struct {
		Set       map[string][]snapshot.Holding `json:"set,omitempty"`
		Gone      []string                      `json:"gone,omitempty"`
		Roles     []snapshot.Role               `json:"roles,omitempty"`
		RolesGone []string                      `json:"roles_gone,omitempty"`
	}{c.Set, c.Gone, c.Roles, c.RolesGone})
	return err
}

// gatherRole finds what becomes of the one role that changes, and reports whether it counts outside its organization.
func (a *Attempt) gatherRole(c *snapshot.Change, set *RoleSet) (carried bool) {
	r := &a.change.role
	counts := func(r *org.Role) bool { return len(r.Site) > 0 || len(r.User) > 0 }
	if r.Deletes() {
		c.RolesGone = []string{r.Before.Name}
		return counts(&r.Before)
	}
	if compiled, ok := set.compiled(r.After.Name); ok {
		c.Roles = []snapshot.Role{snapshot.RoleOf(compiled)}
	}
	return !r.Creates() && (counts(&r.Before) || counts(&r.After))
}

// carries reports whether what a member gains or loses counts outside the organization. If someone with roles of the site, or
// with roles of another organization that count in this one, joins or leaves, readers of this one begin or cease to know of them.
// It is enough that they may hold such a role: who does is not looked up, and could change before this is committed.
func (a *Attempt) carries(ctx context.Context, orgID uuid.UUID, h *org.HolderChange) (bool, error) {
	if (h.Joins || h.Leaves) && (len(h.SiteRoles) > 0 || snapshot.CountsElsewhere(a.Catalog())) {
		return true, nil
	}
	names := slices.Concat(h.Given(), h.Dropped())
	if h.Leaves {
		names = h.Stored()
	}
	if len(names) == 0 {
		return false, nil
	}
	set, err := a.Roles(ctx, orgID)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		if r, ok := set.ByName[n]; ok && (len(r.Site) > 0 || len(r.User) > 0) {
			return true, nil
		}
	}
	return false, nil
}

// tell stores what the change has to tell, after the revision of the scope has been chosen.
func (w *Writer) tell(ctx context.Context, before int64) error {
	n := &w.news
	for i, user := range n.accounts {
		if slices.Contains(n.accounts[:i], user) {
			continue
		}
		if err := w.tellOfAccount(ctx, user, false); err != nil {
			return err
		}
	}
	for kind, list := range map[string][]uuid.UUID{KindReload: n.begun, KindGone: n.ended} {
		for _, id := range list {
			if err := w.insertChange(ctx, id, kind, 0, 1, nil); err != nil {
				return err
			}
		}
	}
	if n.carried {
		if err := w.W.InsertChangeOfSite(ctx, w.Now); err != nil {
			return err
		}
	}
	return w.insertChange(ctx, w.scope.Organization(), n.kind, before, w.head.Value, n.payload)
}

func (w *Writer) insertChange(ctx context.Context, orgID uuid.UUID, kind string, from, to int64, payload []byte) error {
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	return w.W.InsertChange(ctx, db.InsertChangeParams{
		OrganizationID: orgID, Kind: kind, RevisionFrom: from, RevisionTo: to, Payload: string(payload), Now: w.Now,
	})
}

// tellOfAccount tells every organization of an account what the account is there, in two statements however many there are.
func (w *Writer) tellOfAccount(ctx context.Context, user uuid.UUID, leaves bool) error {
	if err := w.W.InsertChangesOfAccount(ctx, db.InsertChangesOfAccountParams{
		Floor: w.Now.UnixMicro(), Leaves: leaves, ID: user.String(), Now: w.Now, UserID: user,
	}); err != nil {
		return err
	}
	return w.W.MoveRevisionsOfAccount(ctx, db.MoveRevisionsOfAccountParams{Floor: w.Now.UnixMicro(), UserID: user})
}
