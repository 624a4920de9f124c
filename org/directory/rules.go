package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// Rules are replaced as a whole, like the roles of a member: a caller sends back what it saw, and an outdated version
// is refused. Only new rules are judged, and only groups whose rules are added or removed are looked up.

// groupsShown is how many groups are shown with the rules.
const groupsShown = 500

// Rules returns the rules of the directory of an organization, with its groups and the roles that they may give. NotFound: no
// such organization. Forbidden: needs idpsync_settings:read.
func (s *Service) Rules(ctx context.Context, subject *org.Actor, organization string) (r org.DirectoryRules, err error) {
	defer org.Wrap(&err, "read directory rules of %q", organization)
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := mayRead(ctx, src, subject, organization)
		if err != nil {
			return err
		}
		r, err = rulesShown(ctx, src, subject, o)
		return err
	})
	return r, err
}

// rulesShown returns the rules as a caller sees them, with why it may not have each role given.
// The set of roles is shared with other requests, so refusals are written into copies.
func rulesShown(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization) (r org.DirectoryRules, err error) {
	r.Organization, r.CanUpdate, r.Rules = unit.OrganizationOf(o), by.Can("update", settingsOf(o.ID)), []org.DirectoryRule{}
	d, err := src.Q.GetDirectory(ctx, o.ID)
	if err != nil && !db.IsNotFound(err) {
		return r, err
	}
	set, err := src.Roles(ctx, o.ID)
	if err != nil {
		return r, err
	}
	for i := range set.List {
		role := set.List[i].Role // a copy: the set is shared
		if role.Name == org.RoleOrganizationUser {
			continue
		}
		role.Refusal = unit.RuleRefusal(by, org.OrgRolesObject(o.ID), &set.List[i])
		role.Assignable = role.Refusal == ""
		r.Roles = append(r.Roles, role)
	}
	if r.Version = d.Version; r.Version == 0 {
		return r, nil
	}
	rows, err := src.Q.ListDirectoryRules(ctx, o.ID)
	if err != nil {
		return r, err
	}
	r.Rules = rulesOf(rows)
	groups, err := src.Q.ListDirectoryGroupSizes(ctx, db.ListDirectoryGroupSizesParams{OrganizationID: o.ID, MaxRows: groupsShown})
	for _, g := range groups {
		r.Groups = append(r.Groups, org.DirectoryGroup{ID: g.ID, DisplayName: g.DisplayName, ExternalID: g.ExternalID, Members: g.Members})
	}
	return r, err
}

// SetRules replaces the rules of a directory; what people hold through their groups changes with them. Forbidden: needs
// idpsync_settings:update, and for each new rule the rights to give its role. Invalid: what is wrong with the input, or
// the organization needs somebody's role. Conflict: the input is based on another version. Other errors as Rules.
func (s *Service) SetRules(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.NewDirectoryRules]) (r org.DirectoryRules, err error) {
	defer org.Wrap(&err, "set directory rules of %q", organization)
	in := ruling{organization, input}
	if _, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planRules, applyRules); err != nil {
		return r, err
	}
	return s.Rules(ctx, subject, organization)
}

// PreviewRules shows how SetRules would change what people may do. Errors as SetRules.
func (s *Service) PreviewRules(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.NewDirectoryRules]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview directory rules of %q", organization)
	_, impact, err := unit.Try(ctx, s.units, subject, ruling{organization, input}, planRules)
	return impact, err
}

// ruling asks to replace the rules.
type ruling struct {
	organization string
	input        org.Input[org.NewDirectoryRules]
}

// ruled is the decision about the rules.
type ruled struct {
	directory    db.Directory
	added, ended []org.DirectoryRule
	directed     []tenant.Directed
}

// planRules checks permissions before it reads the input, and the right to give roles before it looks up whom the rules concern.
// Existing rules are not judged again: what counted is that their author could give the roles.
func planRules(ctx context.Context, a *unit.Attempt, in ruling) (p ruled, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return p, err
	}
	if !a.Actor.Can("update", settingsOf(o.ID)) {
		return p, org.ErrForbidden("idpsync_settings:update")
	}
	wanted, err := in.input.Read()
	if err == nil {
		err = wanted.Check()
	}
	if err != nil {
		return p, err
	}
	a.About(directoryType, o.ID, o.Name, o.ID)
	set, err := a.Roles(ctx, o.ID)
	if err != nil {
		return p, err
	}
	p.directory, err = a.Q.GetDirectory(ctx, o.ID)
	if db.IsNotFound(err) {
		return p, org.ErrInvalid("This organization has no directory yet.", "Make a token for it first.")
	}
	if err != nil {
		return p, err
	}
	rows, err := a.Q.ListDirectoryRules(ctx, o.ID)
	if err != nil {
		return p, err
	}
	stored := rulesOf(rows)
	if err := known(set, wanted.Rules, stored); err != nil {
		return p, err
	}
	is := org.DirectoryRules{Organization: unit.OrganizationOf(o), Version: p.directory.Version}
	if err := a.BegunFrom(ctx, wanted.IfMatch, is.Tag(), "Someone else changed the directory."); err != nil {
		return p, err
	}
	p.ended = missing(stored, wanted.Rules)
	for i, r := range wanted.Rules {
		if len(missing(wanted.Rules[i:i+1], stored)) > 0 && len(missing(wanted.Rules[i:i+1], p.added)) > 0 {
			p.added = append(p.added, r)
		}
	}
	at := func(i int) string {
		return fmt.Sprintf("rules[%d].role", slices.IndexFunc(wanted.Rules, func(r org.DirectoryRule) bool { return same(r, p.added[i]) }))
	}
	if err := mayMap(a.Actor, o.ID, set, p.added, at); err != nil {
		return p, err
	}
	if err := p.direct(ctx, a, o, mapping{wanted.Rules, set}); err != nil {
		return p, err
	}
	a.About(directoryType, o.ID, p.directory.Slug, o.ID)
	return p, nil
}

// known refuses roles that are missing, or that everybody holds; a rule whose role has since been deleted may stay.
func known(set *unit.RoleSet, wanted, stored []org.DirectoryRule) error {
	var bad org.FieldErrors
	for i, r := range wanted {
		field := fmt.Sprintf("rules[%d].role", i)
		_, there := set.ByName[r.Role]
		switch {
		case r.Role == org.RoleOrganizationUser:
			bad.Add(field, "every member has this role")
		case !there && len(missing(wanted[i:i+1], stored)) > 0:
			bad.Add(field, fmt.Sprintf("%q is not a supported role", r.Role))
		}
	}
	return bad.Err("Validation failed.")
}

// direct decides what the members of those groups hold that an added or removed rule is about.
func (p *ruled) direct(ctx context.Context, a *unit.Attempt, o db.Organization, m mapping) error {
	about := db.ListMatchingDirectoryGroupsParams{OrganizationID: o.ID}
	for _, r := range slices.Concat(p.added, p.ended) {
		if r.Match == org.RuleByExternalID {
			about.ExternalIds = append(about.ExternalIds, r.Value)
		} else {
			about.Names = append(about.Names, org.FoldCase(r.Value))
		}
	}
	groups, err := a.Q.ListMatchingDirectoryGroups(ctx, about)
	if err != nil || len(groups) == 0 {
		return err
	}
	people, err := a.Q.ListPeopleOfDirectoryGroups(ctx, groups)
	if err != nil {
		return err
	}
	accounts, wanted := map[uuid.UUID]uuid.UUID{}, map[uuid.UUID]map[string]string{}
	var ids []uuid.UUID
	for _, person := range people {
		accounts[person.ID] = person.UserID
		wanted[person.UserID] = map[string]string{}
		ids = append(ids, person.ID)
	}
	for piece := range slices.Chunk(ids, pieceOf) {
		rows, err := a.Q.ListGroupsOfDirectoryUsers(ctx, piece)
		if err != nil {
			return err
		}
		for _, g := range rows {
			m.add(wanted[accounts[g.SCIMUserID]], group{g.ID, g.DisplayName, g.ExternalID})
		}
	}
	p.directed, err = tenant.DecideDirectedAll(ctx, a, o, wanted, org.Source("scim:"+p.directory.Slug))
	return err
}

// applyRules stores what people gain and lose, and then the rules. It increments the versions of both the directory and its
// rules: they share one, since a page shows them together.
func applyRules(ctx context.Context, w *unit.Writer, p ruled) (none struct{}, err error) {
	w.Entry = unit.Entry{}
	if len(p.added)+len(p.ended) == 0 {
		return none, nil
	}
	for i := range p.directed {
		if err := p.directed[i].Store(ctx, w); err != nil {
			return none, err
		}
	}
	d := &p.directory
	w.Begin("write", 200)
	w.About(directoryType, d.OrganizationID, d.Slug, d.OrganizationID)
	w.Field("rules", inWords(p.ended), inWords(p.added))
	for _, r := range p.ended {
		if err := w.W.DeleteDirectoryRule(ctx, db.DeleteDirectoryRuleParams{OrganizationID: d.OrganizationID, Matches: r.Match, Value: r.Value, Role: r.Role}); err != nil {
			return none, err
		}
	}
	for _, r := range p.added {
		if err := w.W.InsertDirectoryRule(ctx, db.InsertDirectoryRuleParams{OrganizationID: d.OrganizationID, Matches: r.Match, Value: r.Value, Role: r.Role}); err != nil {
			return none, err
		}
	}
	return none, w.W.UpdateDirectory(ctx, db.UpdateDirectoryParams{
		OrganizationID: d.OrganizationID, Name: d.Name, FusePeople: d.FusePeople, FusePercent: d.FusePercent, HeldAt: d.HeldAt, Now: w.Now,
	})
}

// inWords returns rules as the trail shows them.
func inWords(rules []org.DirectoryRule) []string {
	list := make([]string, len(rules))
	for i, r := range rules {
		list[i] = fmt.Sprintf("%s %q: %s", r.Match, r.Value, r.Role)
	}
	return list
}
