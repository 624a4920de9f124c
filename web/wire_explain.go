package web

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The shapes of what explains a decision. They are ours: the API's documents have none.

type explanationJSON struct {
	Allowed      bool             `json:"allowed"`
	Verdict      string           `json:"verdict"`
	Because      string           `json:"because"`
	Action       string           `json:"action"`
	ResourceType string           `json:"resource_type"`
	Own          bool             `json:"own"`
	Levels       []levelJSON      `json:"levels"`
	Changes      []suggestionJSON `json:"changes"`
}

type levelJSON struct {
	Level   string      `json:"level"`
	Vote    string      `json:"vote"` // "allow", "deny" or ""
	Applies bool        `json:"applies"`
	Reached bool        `json:"reached"`
	Decides bool        `json:"decides"`
	Note    string      `json:"note"`
	Matches []matchJSON `json:"matches"`
}

type matchJSON struct {
	Role       roleRefJSON    `json:"role"`
	Permission permissionJSON `json:"permission"`
	Overruled  bool           `json:"overruled"`
}

type suggestionJSON struct {
	Kind       org.SuggestionKind `json:"kind"`
	Text       string             `json:"text"`
	Blast      string             `json:"blast"`
	Scope      string             `json:"scope"` // "organization" or "site"
	Role       roleRefJSON        `json:"role"`
	Level      string             `json:"level,omitempty"`
	Permission *permissionJSON    `json:"permission,omitempty"`
	Gained     int                `json:"gained"`
	Lost       int                `json:"lost"`
	Members    int                `json:"members,omitempty"` // left out: not for this caller
	Allowed    bool               `json:"allowed"`           // the caller may make the change
	Refusal    string             `json:"refusal,omitempty"`
}

type effectiveJSON struct {
	Area         string        `json:"area"`
	ResourceType string        `json:"resource_type"`
	Action       string        `json:"action"`
	Allowed      bool          `json:"allowed"`     // on anybody's things
	AllowedOwn   bool          `json:"allowed_own"` // on the member's own things
	Denied       bool          `json:"denied"`      // a deny decides; else what is not allowed is merely not set
	Implied      bool          `json:"implied"`     // every member has it
	Roles        []roleRefJSON `json:"roles"`       // where the decision comes from
}

type whoCanJSON struct {
	Action       string       `json:"action"`
	ResourceType string       `json:"resource_type"`
	Own          bool         `json:"own"`
	Count        int          `json:"count"`
	Total        int          `json:"total"`
	Suspended    int          `json:"suspended"`
	Members      []ableJSON   `json:"members"`
	Outside      *outsideJSON `json:"outside"` // null: not for this caller
}

type outsideJSON struct {
	Count int            `json:"count"`
	Users []ableUserJSON `json:"users"`
}

// answerJSON is how a yes came about.
type answerJSON struct {
	Level   string        `json:"level"`
	Roles   []roleRefJSON `json:"allowed_by"`
	Because string        `json:"because"`
}

type ableJSON struct {
	memberWithUserJSON
	Status org.Status `json:"status"`
	answerJSON
}

type ableUserJSON struct {
	ID        uuid.UUID  `json:"id"`
	Username  string     `json:"username"`
	Name      string     `json:"name"`
	AvatarURL string     `json:"avatar_url"`
	Email     string     `json:"email"`
	Status    org.Status `json:"status"`
	answerJSON
}

type findingJSON struct {
	Rule       string          `json:"rule"`
	Role       *roleRefJSON    `json:"role,omitempty"`
	Username   string          `json:"username,omitempty"`
	Permission *permissionJSON `json:"permission,omitempty"`
	Message    string          `json:"message"`
	Fix        string          `json:"fix"`
	URL        string          `json:"url"`
}

func voteName(v int8) string {
	return rbac.State(v).String()
}

// matchRole is the role of a match. The implied ones have no name for people of their own.
func matchRole(m *rbac.Match) roleRefJSON {
	ref := roleRefJSON{Name: m.Role.Name, DisplayName: org.RoleLabel(m.Role)}
	if !org.Elsewhere(*m) {
		ref.OrganizationID = idOrNothing(m.Org)
	}
	return ref
}

func wireExplanation(e *org.Explanation) explanationJSON {
	out := explanationJSON{
		Allowed: e.Allowed(), Verdict: e.Words.Verdict, Because: e.Words.Because,
		Action: e.Question.Action, ResourceType: e.Question.ResourceType, Own: e.Question.Own,
		Changes: each(e.Changes, wireSuggestion),
	}
	for i := range e.Trace.Levels {
		l := &e.Trace.Levels[i]
		out.Levels = append(out.Levels, levelJSON{
			Level: l.Level.String(), Vote: voteName(l.Vote), Applies: l.Reason == rbac.Applies, Reached: l.Reached, Decides: l.Decides,
			Note: e.Words.Levels[i],
			Matches: each(l.Matches, func(m *rbac.Match) matchJSON {
				return matchJSON{Role: matchRole(m), Permission: wirePermission(&m.Permission), Overruled: m.Overruled}
			}),
		})
	}
	return out
}

func wireSuggestion(s *org.Suggestion) suggestionJSON {
	out := suggestionJSON{
		Kind: s.Kind, Text: s.Text(), Blast: s.Blast(), Scope: "organization", Role: wireRoleRef(&s.Role),
		Gained: s.Gained, Lost: s.Lost, Members: s.Members, Allowed: s.Refusal == "", Refusal: s.Refusal,
	}
	if s.OfSite() {
		out.Scope = "site"
	}
	if s.Permission.Action != "" {
		p := wirePermission(&s.Permission)
		out.Permission, out.Level = &p, s.Level.String()
	}
	return out
}

func wireEffective(l *org.EffectiveLine) effectiveJSON {
	decided := l.Anyone
	if !l.Anyone.Allowed {
		decided = l.Own
	}
	_, voted := decided.Decided()
	return effectiveJSON{
		Area: l.Type.Area, ResourceType: l.Type.Name, Action: l.Action.Name, Allowed: l.Anyone.Allowed, AllowedOwn: l.Own.Allowed,
		Denied: voted && !decided.Allowed, Implied: l.Implied, Roles: decidingRoles(&decided),
	}
}

// decidingRoles are the roles behind a decision, each once.
func decidingRoles(t *rbac.Trace) []roleRefJSON {
	refs := []roleRefJSON{}
	seen := map[roleRefJSON]bool{}
	for _, m := range t.Deciding() {
		if r := matchRole(&m); !seen[r] {
			seen[r] = true
			refs = append(refs, r)
		}
	}
	return refs
}

func wireWhoCan(w *org.WhoCan) whoCanJSON {
	out := whoCanJSON{
		Action: w.Question.Action, ResourceType: w.Question.ResourceType, Own: w.Question.Own,
		Count: w.Count, Total: w.Total, Suspended: w.Suspended, Members: each(w.Members, wireAble),
	}
	if w.Outside != nil {
		out.Outside = &outsideJSON{Count: w.Outside.Count, Users: each(w.Outside.Users, wireAbleUser)}
	}
	return out
}

func wireAble(a *org.Able) ableJSON {
	return ableJSON{memberWithUserJSON: wireMemberWithUser(&a.Member), Status: a.Member.Status, answerJSON: wireAnswer(&a.Answer)}
}

func wireAbleUser(a *org.AbleUser) ableUserJSON {
	u := &a.User
	return ableUserJSON{
		ID: u.ID, Username: u.Username, Name: u.Name, AvatarURL: u.AvatarURL, Email: u.Email, Status: u.Status,
		answerJSON: wireAnswer(&a.Answer),
	}
}

func wireAnswer(a *org.Answer) answerJSON {
	level, _ := a.Trace.Decided()
	return answerJSON{Level: level.String(), Roles: decidingRoles(&a.Trace), Because: a.Words.Because}
}

func wireFinding(url string, f *org.Finding) findingJSON {
	out := findingJSON{Rule: f.Rule, Message: f.Message, Fix: f.Fix, URL: url}
	if f.Role.Name != "" {
		role := wireRoleRef(&f.Role)
		out.Role = &role
	}
	if f.Member != nil {
		out.Username = f.Member.Username
	}
	if f.Permission.Action != "" {
		p := wirePermission(&f.Permission)
		out.Permission = &p
	}
	return out
}

type roleVersionJSON struct {
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	CreatedBy string    `json:"created_by"`
	Role      roleJSON  `json:"role"`
}

func wireRoleVersion(v *org.RoleVersion) roleVersionJSON {
	return roleVersionJSON{Version: v.Version, CreatedAt: wireTime(v.CreatedAt), CreatedBy: v.CreatedBy, Role: wireRole(&v.Role)}
}

type comparisonJSON struct {
	From  comparedJSON         `json:"from"`
	To    comparedJSON         `json:"to"`
	Same  int                  `json:"same"`
	Lines []permissionDiffJSON `json:"differences"`
}

type comparedJSON struct {
	Role    roleJSON `json:"role"`
	Version int64    `json:"version"`
}

type permissionDiffJSON struct {
	Level        string `json:"level"`
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
	From         string `json:"from"` // "allow", "deny" or "not_set", as To
	To           string `json:"to"`
}

func wireComparison(c *org.Comparison) comparisonJSON {
	return comparisonJSON{
		From: comparedJSON{wireRole(&c.From), c.From.Version}, To: comparedJSON{wireRole(&c.To), c.To.Version}, Same: c.Same,
		Lines: each(c.Lines, func(d *rbac.Difference) permissionDiffJSON {
			return permissionDiffJSON{d.Level.String(), d.ResourceType, d.Action, stateName(d.From), stateName(d.To)}
		}),
	}
}

func stateName(s rbac.State) string { return cmp.Or(s.String(), "not_set") }
