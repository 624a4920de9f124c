package views

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Audit is the audit log of the site, or of one organization.
type Audit struct {
	List         org.AuditList
	Query        string                            // in the language of GET /audit
	Organization string                            // the organization that the page belongs to, by name; "": the site
	Before       int64                             // the page is the one below this entry
	After        int64                             // or above this one
	CanUndo      func(organization uuid.UUID) bool // uuid.Nil: site roles
	Catalog      *rbac.Catalog                     // nil: the default one
	Err          *org.Error                        // what is wrong with the query
	Now          time.Time
}

// AuditURL is the audit log with a query, of one organization unless that is "".
func AuditURL(query, organization string) string {
	q := url.Values{}
	if query != "" {
		q.Set("q", query)
	}
	if organization != "" {
		q.Set("organization", organization)
	}
	return ui.URL("/audit", q)
}

// with adds a parameter to the URL of this page.
func (a Audit) with(name, value string) string {
	page := AuditURL(a.Query, a.Organization)
	if strings.Contains(page, "?") {
		return page + "&" + name + "=" + value
	}
	return page + "?" + name + "=" + value
}

// here is this page: where an undo returns to.
func (a Audit) here() string {
	switch {
	case a.Before > 0:
		return a.with("before", strconv.FormatInt(a.Before, 10))
	case a.After > 0:
		return a.with("after", strconv.FormatInt(a.After, 10))
	}
	return AuditURL(a.Query, a.Organization)
}

// older is the URL of the page below, "" if there is none; newer that of the page above.
func (a Audit) older() string {
	if !a.List.Older || len(a.List.Entries) == 0 {
		return ""
	}
	return a.with("before", strconv.FormatInt(a.List.Entries[len(a.List.Entries)-1].Seq, 10))
}

func (a Audit) newer() string {
	if !a.List.Newer || len(a.List.Entries) == 0 {
		return ""
	}
	return a.with("after", strconv.FormatInt(a.List.Entries[0].Seq, 10))
}

// auditFilter is a filter of the log: a key of its query language.
type auditFilter struct {
	key, label, kind string // kind: of the input
	value            string
	options          []ui.Option
	off              string // the page without it
}

// The keys of the query language that have a filter of their own.
var auditKeys = []struct{ key, label, kind string }{
	{"username", "Actor", "text"}, {"action", "Action", "select"}, {"resource_type", "Kind", "select"},
	{"resource_target", "Target", "text"}, {"organization", "Organization", "text"},
	{"date_from", "From", "date"}, {"date_to", "Until", "date"},
}

// AuditFilterKeys are the parameters of the filters, to be joined with the query.
func AuditFilterKeys() []string {
	keys := make([]string, len(auditKeys))
	for i, k := range auditKeys {
		keys[i] = k.key
	}
	return keys
}

func (a Audit) filters() []auditFilter {
	terms := org.QueryTerms(a.Query)
	var out []auditFilter
	for _, k := range auditKeys {
		if k.key == "organization" && a.Organization != "" {
			continue
		}
		f := auditFilter{key: k.key, label: k.label, kind: k.kind}
		rest := slices.DeleteFunc(slices.Clone(terms), func(t org.QueryTerm) bool { return t.Key == k.key })
		for _, t := range terms {
			if t.Key == k.key {
				f.value = t.Value
			}
		}
		f.off = AuditURL(org.JoinQuery(rest), a.Organization)
		switch k.key {
		case "action":
			f.options = auditOptions(f.value, "create", "created", "write", "changed", "delete", "deleted", "login", "signed in", "logout", "signed out")
		case "resource_type":
			f.options = auditOptions(f.value, "organization_member", "membership", "custom_role", "role", "user", "account", "organization", "organization", "api_key", "sign-in or token")
		}
		out = append(out, f)
	}
	return out
}

func auditOptions(chosen string, pairs ...string) []ui.Option {
	var out []ui.Option
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, ui.Option{Value: pairs[i], Label: pairs[i+1], On: pairs[i] == chosen})
	}
	return out
}

// shown is the value of a filter as people read it.
func (f auditFilter) shown() string {
	for _, o := range f.options {
		if o.On {
			return o.Label
		}
	}
	return f.value
}

// words are the bare words of the query; other its terms that no filter shows.
func (a Audit) words() string {
	return org.JoinQuery(slices.DeleteFunc(org.QueryTerms(a.Query), func(t org.QueryTerm) bool { return t.Key != "" }))
}

func (a Audit) other() string {
	keys := AuditFilterKeys()
	return org.JoinQuery(slices.DeleteFunc(org.QueryTerms(a.Query), func(t org.QueryTerm) bool { return t.Key == "" || slices.Contains(keys, t.Key) }))
}

// auditDay is the entries of one day, in UTC.
type auditDay struct {
	label   string
	entries []org.AuditEntry
}

func (a Audit) days() []auditDay {
	var days []auditDay
	for _, e := range a.List.Entries {
		label := ui.DayHeading(e.Time, a.Now)
		if len(days) == 0 || days[len(days)-1].label != label {
			days = append(days, auditDay{label: label})
		}
		last := &days[len(days)-1]
		last.entries = append(last.entries, e)
	}
	return days
}

// sentence is an entry in words: what stands before its target, and what after it.
type sentence struct{ before, after string }

func (a Audit) sentence(e org.AuditEntry) sentence {
	s := a.did(e)
	if e.Refused() {
		s = tried(e)
	}
	if e.Organization != nil && a.Organization == "" && e.ResourceType != "organization" {
		s.after += " in " + e.Organization.Label()
	}
	return s
}

// did says what an entry changed.
func (a Audit) did(e org.AuditEntry) sentence {
	gained, lost := roleChanges(e)
	switch e.ResourceType + " " + e.Action {
	case "organization_member create":
		return sentence{"added", "to the organization"}
	case "organization_member delete":
		return sentence{"removed", "from the organization"}
	case "organization_member write", "user write":
		where := map[string]string{"organization_member": "role", "user": "site role"}[e.ResourceType]
		switch {
		case len(gained) > 0 && len(lost) == 0:
			return sentence{"gave", "the " + ui.Noun(len(gained), where) + " " + ui.Join(gained)}
		case len(lost) > 0 && len(gained) == 0:
			return sentence{"took from", "the " + ui.Noun(len(lost), where) + " " + ui.Join(lost)}
		case len(gained) > 0:
			return sentence{"changed the " + where + "s of", ""}
		case e.ResourceType == "user":
			return sentence{accountVerb(e), ""}
		}
		return sentence{"changed the membership of", ""}
	case "custom_role write":
		if len(permissionChanges(e)) == 0 {
			return sentence{"renamed the role", ""}
		}
		return sentence{"changed the permissions of the role", ""}
	case "api_key login":
		return sentence{"signed in", ""}
	case "api_key logout":
		return sentence{"signed out", ""}
	case "api_key create":
		return sentence{"made a token for", ""}
	case "api_key delete":
		return sentence{"ended a token or session of", ""}
	}
	return sentence{map[string]string{"create": "created the", "write": "changed the", "delete": "deleted the"}[e.Action] + " " + kindLabel(e.ResourceType), ""}
}

// accountVerb says what was done to an account.
func accountVerb(e org.AuditEntry) string {
	switch {
	case e.Diff["status"].New == string(org.StatusSuspended):
		return "suspended"
	case e.Diff["status"].New != nil:
		return "activated"
	case e.Diff["hashed_password"].Secret:
		return "set the password of"
	case e.Diff["password_link"].Secret:
		return "created a password link for"
	case e.Diff["revoked_password_link"].Secret:
		return "revoked the password link of"
	case e.Diff["username"].New != nil:
		return "renamed"
	}
	return "changed the account"
}

// tried says what an attempt that was refused was about.
func tried(e org.AuditEntry) sentence {
	verb := map[string]string{
		"organization_member create": "to add", "organization_member write": "to change the roles of", "organization_member delete": "to remove",
		"api_key login": "to sign in",
	}[e.ResourceType+" "+e.Action]
	if verb == "" {
		verb = map[string]string{"create": "to create the ", "write": "to change the ", "delete": "to delete the "}[e.Action] + kindLabel(e.ResourceType)
	}
	after := ""
	if _, last := e.Diff["suppressed"]; last {
		after = "and more than is recorded here"
	}
	return sentence{"was refused " + verb, after}
}

// targetURL is the page of what an entry is about, "" if it is gone or has none.
func (a Audit) targetURL(e org.AuditEntry) string {
	switch {
	case e.Deleted || e.Action == "delete" && !e.Refused():
		return ""
	case e.ResourceType == "organization_member" && e.Organization != nil:
		return MemberURL(e.Organization.Name, e.ResourceTarget)
	case e.ResourceType == "custom_role" && e.Organization != nil:
		return RoleURL(e.Organization.Name, e.ResourceTarget)
	case e.ResourceType == "custom_role" && e.OrganizationID == uuid.Nil:
		return RoleURL("", e.ResourceTarget)
	case e.ResourceType == "user":
		return UserURL(e.ResourceTarget)
	case e.ResourceType == "organization":
		return OrganizationURL(e.ResourceTarget)
	}
	return ""
}

// whyURL explains a refusal, "" where there is nothing to explain.
func (a Audit) whyURL(e org.AuditEntry) string {
	p, ok := e.Needed()
	if !ok || e.StatusCode != http.StatusForbidden || e.User == nil || e.Organization == nil || !slices.Contains(e.User.OrganizationIDs, e.OrganizationID) {
		return ""
	}
	return ExplainURL(e.Organization.Name, e.User.Username, org.Question{Action: p.Action, ResourceType: p.ResourceType})
}

// texts reads a recorded list of strings.
func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// roleChanges are the roles that an entry gave and took.
func roleChanges(e org.AuditEntry) (gained, lost []string) {
	for _, field := range []string{"roles", "rbac_roles"} {
		before, after := texts(e.Diff[field].Old), texts(e.Diff[field].New)
		for _, r := range after {
			if !slices.Contains(before, r) {
				gained = append(gained, r)
			}
		}
		for _, r := range before {
			if !slices.Contains(after, r) {
				lost = append(lost, r)
			}
		}
	}
	return gained, lost
}

// permissionChanges are the permissions that an entry changed in a role.
func permissionChanges(e org.AuditEntry) []rbac.Difference {
	was := func(pick func(org.AuditChange) any) *rbac.Role {
		return &rbac.Role{
			Site:         recorded(pick(e.Diff["site_permissions"])),
			Organization: recorded(pick(e.Diff["org_permissions"])),
			User:         recorded(pick(e.Diff["user_permissions"])),
		}
	}
	return rbac.Diff(was(func(c org.AuditChange) any { return c.Old }), was(func(c org.AuditChange) any { return c.New }))
}

// recorded reads a recorded list of permissions.
func recorded(v any) []rbac.Permission {
	text, _ := json.Marshal(v)
	var list []rbac.Permission
	_ = json.Unmarshal(text, &list) // what is no list of permissions shows none
	return list
}

// change is one line of what an entry changed, as in the role editor.
type change struct {
	class, sign string // of its mark
	word, what  string // "Allow", "workspace:update"
	note        string
}

// fewChanges says whether a list of changes is short enough to be seen without asking for it.
func fewChanges(list []change) bool { return len(list) <= 12 }

// stateChange is the line of a permission about which a role says something else now.
func stateChange(d rbac.Difference) change {
	c := change{what: d.Pair().String()}
	if d.Level != rbac.LevelOrganization {
		c.note = strings.ToLower(org.LevelLabel(d.Level))
	}
	switch d.To {
	case rbac.Allowed:
		c.class, c.sign, c.word = "add", "+", "Allow "
	case rbac.Denied:
		c.class, c.sign, c.word = "den", "⊘", "Deny "
	default:
		c.class, c.sign, c.word = "del", "−", "Not set "
	}
	if d.From != rbac.Unset {
		c.note = strings.TrimSpace(c.note + " was " + map[rbac.State]string{rbac.Allowed: "allowed", rbac.Denied: "denied"}[d.From])
	}
	return c
}

// changes are the lines of what an entry changed.
func (a Audit) changes(e org.AuditEntry) []change {
	var out []change
	for _, d := range permissionChanges(e) {
		out = append(out, stateChange(d))
	}
	gained, lost := roleChanges(e)
	for _, r := range gained {
		out = append(out, change{"add", "+", "Given ", r, ""})
	}
	for _, r := range lost {
		out = append(out, change{"del", "−", "Taken ", r, ""})
	}
	for _, field := range slices.Sorted(maps.Keys(e.Diff)) {
		switch field {
		case "roles", "rbac_roles", "site_permissions", "org_permissions", "user_permissions", "user_id":
			continue
		}
		c := e.Diff[field]
		if valueText(c.Old) == nothing && c.New == e.ResourceTarget || valueText(c.New) == nothing && c.Old == e.ResourceTarget {
			continue // the sentence names it
		}
		if c.Secret {
			out = append(out, change{"del", "•", "", ui.FieldLabel(field), "changed, not recorded"})
			continue
		}
		note := valueText(c.Old) + " → " + valueText(c.New)
		if valueText(c.Old) == nothing {
			note = valueText(c.New)
		}
		out = append(out, change{"del", "•", "", ui.FieldLabel(field), note})
	}
	return out
}

// nothing stands for an empty value.
const nothing = "nothing"

// valueText is a recorded value as people read it.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return nothing
	case string:
		return ui.FirstOf(v, nothing)
	case []any:
		return ui.FirstOf(strings.Join(texts(v), ", "), nothing)
	}
	return fmt.Sprint(v)
}

// open says whether the changes of an entry are shown at once: those of a role are what people come for,
// unless they would push everything else out of sight.
func (a Audit) open(e org.AuditEntry) bool {
	return e.ResourceType == "custom_role" && fewChanges(a.changes(e))
}

// terse says whether the sentence says all that changed.
func (a Audit) terse(e org.AuditEntry) bool {
	gained, lost := roleChanges(e)
	n := len(a.changes(e))
	return n == 0 || e.Action == "write" && n == len(gained)+len(lost) && (len(gained) == 0 || len(lost) == 0)
}

// actor is who did it, as the trail has it.
func (a Audit) actor(e org.AuditEntry) string {
	if e.User != nil {
		return e.User.Label()
	}
	return ui.FirstOf(e.Actor, "Somebody")
}
