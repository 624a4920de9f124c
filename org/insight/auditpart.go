package insight

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// A change of the catalog is one entry of the site, however many organizations it takes something from. Each of those sees
// its part of the entry in its own list.

// auditScope selects entries of the trail, and the organizations whose part of the site's entries is shown.
// Without organizations, entries are shown whole.
type auditScope struct {
	db.FindAuditLogsParams
	parts   []uuid.UUID
	batches bool // nothing that is asked for is of a part of what one request did
}

// auditScopeOf adds the parts to a search: those of the organization asked for, otherwise of all organizations that the caller
// may read, unless the caller may read the whole trail.
func auditScopeOf(ctx context.Context, s unit.Reader, by *org.Actor, p db.FindAuditLogsParams) (auditScope, error) {
	scope := auditScope{FindAuditLogsParams: p, batches: p.Search+p.RequestID+p.ResourceID+p.ResourceTarget+p.ResourceType+p.Action == ""}
	readable := func(id uuid.UUID) bool { return by.Can("read", rbac.Object{Type: "audit_log", Org: id}) }
	switch {
	case p.OrganizationID.Valid && readable(p.OrganizationID.UUID):
		scope.parts = []uuid.UUID{p.OrganizationID.UUID}
	case !p.OrganizationID.Valid && p.Organizations != "":
		scope.parts = slices.DeleteFunc(slices.Clone(by.User.OrganizationIDs), func(id uuid.UUID) bool { return !readable(id) })
	}
	if len(scope.parts) == 0 {
		return scope, nil
	}
	seqs, err := s.Q.ListCatalogEntriesIn(ctx, scope.parts)
	var also []string
	for _, seq := range seqs {
		also = append(also, strconv.FormatInt(seq, 10))
	}
	scope.Also = unit.SpaceJoined(also)
	return scope, err
}

// part reduces an entry about a version of the catalog to what it took away in some organizations. They must not learn how many
// roles it touched elsewhere.
func (refs auditReferences) part(ctx context.Context, s unit.Reader, e *org.AuditEntry, organizations []uuid.UUID) error {
	if e.ResourceType != "catalog" || e.IsRefusal() || len(organizations) == 0 {
		return nil
	}
	version, _ := e.Diff["version"].New.(float64) // as JSON has it
	rows, err := s.Q.ListCatalogEffectsIn(ctx, db.ListCatalogEffectsInParams{Version: int64(version), OrganizationIds: organizations})
	if err != nil {
		return err
	}
	effects := []org.CatalogEffect{}
	for _, r := range rows {
		o, err := refs.organization(ctx, s, r.OrganizationID)
		if err != nil {
			return err
		}
		effect := org.CatalogEffect{Role: r.Role, Permission: r.Permission, People: r.People}
		if o != nil {
			effect.Organization = o.Name
		}
		effects = append(effects, effect)
	}
	diff := map[string]org.AuditChange{"effects": {New: effects}}
	for _, field := range []string{"version", "note"} {
		if c, ok := e.Diff[field]; ok {
			diff[field] = c
		}
	}
	e.Diff = diff
	return nil
}

// glimpse returns what the trail shows of an account to a caller who may not read it: its names, and those of its organizations
// that the caller may read. Everything else is empty.
func glimpse(s *org.Actor, u *org.User) org.User {
	seen := org.User{ID: u.ID, Username: u.Username, Name: u.Name, AvatarURL: u.AvatarURL}
	for _, id := range u.OrganizationIDs {
		if s.Can("read", org.OrgObject(id)) {
			seen.OrganizationIDs = append(seen.OrganizationIDs, id)
		}
	}
	return seen
}
