package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

// The rules for what the claims of a sign-in provider give. The shapes are those of Coder's API; the console has its
// own page.

const (
	pathSync             = "/settings/idpsync"
	pathOrganizationSync = pathOrganization + pathSync
)

// syncRuleRoutes is the part of the table about rule sets.
var syncRuleRoutes = slices.Concat(
	ruleSetRoutes(pathSync+"/organization", "which organizations a claim gives", org.SyncOrganizations),
	ruleSetRoutes(pathSync+"/site-roles", "which site roles a claim gives", org.SyncSiteRoles),
	ruleSetRoutes(pathOrganizationSync+"/roles", "which roles a claim gives in an organization", org.SyncRoles),
	[]Route{
		{http.MethodGet, pathSync + "/available-fields", SignedIn, API, "list the claims of a provider", (*Server).listClaimFields},
		{http.MethodGet, pathSync + "/field-values", SignedIn, API, "list the values of a claim", (*Server).listClaimValues},
		{http.MethodGet, pathOrganizationSync + "/available-fields", SignedIn, API, "list the claims of a provider about the members of an organization", (*Server).listClaimFields},
		{http.MethodGet, pathOrganizationSync + "/field-values", SignedIn, API, "list the values of a claim among the members of an organization", (*Server).listClaimValues},
	},
)

// ruleSetRoutes returns the routes of one kind of rule set.
func ruleSetRoutes(path, about string, kind org.SyncKind) []Route {
	in := func(c *call) org.SyncPlace { return org.SyncPlace{Kind: kind, Organization: c.organization()} }
	change := func(read func(object, org.SyncKind) org.SyncChange) handler {
		return func(s *Server, c *call) (reply, error) {
			input := decode(c, func(o object) org.SyncChange { return read(o, kind) })
			r, err := s.Service.Sync.Change(c.ctx, c.actor, in(c), s.syncProvider(c), input)
			return reply{json: wireSync(&r)}, err
		}
	}
	show := func(s *Server, c *call) (reply, error) {
		r, err := s.Service.Sync.Settings(c.ctx, c.actor, in(c), s.syncProvider(c))
		return reply{json: wireSync(&r)}, err
	}
	return []Route{
		{http.MethodGet, path, SignedIn, API, "show " + about, show},
		{http.MethodPatch, path, SignedIn, API | Body, "set " + about, change(readSyncSettings)},
		{http.MethodPatch, path + "/config", SignedIn, API | Body, "set by which claim it is decided " + about, change(readSyncConfig)},
		{http.MethodPatch, path + "/mapping", SignedIn, API | Body, "change pairs of " + about, change(readSyncMapping)},
	}
}

// syncProvider reads which provider a request is about: by default the first in the settings.
func (s *Server) syncProvider(c *call) org.Input[*org.Provider] {
	q := c.query()
	var ids []string
	for _, p := range s.Providers.List() {
		ids = append(ids, p.ID)
	}
	if len(ids) == 0 {
		return org.NewInput[*org.Provider](nil, org.ErrInvalid("No sign-in provider is configured.",
			"An operator sets them with --oidc-issuer-url or --oidc-config."))
	}
	q.text("provider") // it may be given once
	asked := q.oneOf("provider", ids)
	if err := q.problem(); err != nil {
		return org.NewInput[*org.Provider](nil, err)
	}
	return org.NewInput(s.Providers.Policy(append(asked, ids[0])[0]))
}

// readSyncSettings reads a whole rule set. As in Coder's API, absent fields are empty.
func readSyncSettings(o object, kind org.SyncKind) org.SyncChange {
	s := &org.SyncSettings{Field: o.syncField(), Mapping: o.mapping("mapping")}
	if kind == org.SyncOrganizations {
		s.AssignDefault = o.flag("organization_assign_default")
	}
	return org.SyncChange{Settings: s}
}

func readSyncConfig(o object, kind org.SyncKind) org.SyncChange {
	s := &org.SyncConfig{Field: o.syncField()}
	if kind == org.SyncOrganizations {
		s.AssignDefault = o.flag("assign_default")
	}
	return org.SyncChange{Config: s}
}

// syncField reads the name of the claim. It is required: an empty body would end everything that the rules give.
func (o object) syncField() string {
	if !o.has("field") {
		o.addError("field", "must be given")
	}
	return o.text("field")
}

func readSyncMapping(o object, _ org.SyncKind) org.SyncChange {
	return org.SyncChange{Mapping: &org.SyncMappingChange{Add: o.syncPairs("Add"), Remove: o.syncPairs("Remove")}}
}

func (o object) syncPairs(name string) (pairs []org.SyncPair) {
	for _, one := range o.objects(name) {
		pairs = append(pairs, org.SyncPair{Given: one.text("Given"), Gets: one.text("Gets")})
	}
	return pairs
}

// mapping reads an object whose keys are values of a claim, with lists of strings.
func (o object) mapping(name string) map[string][]string {
	fields, _ := value[map[string]any](o, name, "must be an object")
	read := make(map[string][]string, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		list, ok := fields[key].([]any)
		if !ok && fields[key] != nil {
			o.addError(org.SyncKey(key), "must be a list of strings")
		}
		read[key] = make([]string, len(list))
		for i, target := range list {
			text, ok := target.(string)
			if !ok {
				o.addError(org.SyncTarget(key, i), "must be a string")
			}
			read[key][i] = text
		}
	}
	return read
}

// wireSync returns a rule set as in Coder's API: one of organizations has an additional field.
func wireSync(r *org.SyncRules) any {
	if r.Kind != org.SyncOrganizations {
		return client.RoleSync{Field: r.Field, Mapping: r.Mapping}
	}
	w := client.OrganizationSync{Field: r.Field, Mapping: map[string][]uuid.UUID{}, AssignDefault: r.AssignDefault}
	for key, targets := range r.Mapping {
		ids := make([]uuid.UUID, 0, len(targets))
		for _, target := range targets {
			if id, err := uuid.Parse(target); err == nil { // what is stored is valid
				ids = append(ids, id)
			}
		}
		w.Mapping[key] = ids
	}
	return w
}

// listClaimFields lists the names of the claims that a provider has sent about people, or about the members of an
// organization.
func (s *Server) listClaimFields(c *call) (reply, error) {
	fields, err := s.Service.Sync.Fields(c.ctx, c.actor, c.organization(), s.syncProvider(c))
	return reply{json: orEmpty(fields)}, err
}

// listClaimValues lists the values of a claim.
func (s *Server) listClaimValues(c *call) (reply, error) {
	field, provider := c.query().text("claimField"), s.syncProvider(c)
	if field == "" {
		provider = org.NewInput[*org.Provider](nil, org.ErrInvalid("claimField query parameter is required",
			fmt.Sprintf("Name a claim; %s/available-fields lists them.", pathSync)))
	}
	values, err := s.Service.Sync.Values(c.ctx, c.actor, c.organization(), provider, field)
	return reply{json: orEmpty(values)}, err
}

// orEmpty returns a list for JSON, where it must not be null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// showClaims shows what a provider said about the caller at the last sign-in.
func (s *Server) showClaims(c *call) (reply, error) {
	q := c.query()
	provider := q.text("provider")
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	claims, err := s.Service.Sync.Claims(c.ctx, c.actor, provider)
	return reply{json: client.Claims{Claims: claims}, noStore: true}, err
}
