package views

import (
	"net/http"
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
	Query        string                     // in the language of GET /audit
	Organization string                     // the organization that the page belongs to, by name; "": the site
	Before       int64                      // the page shows the entries just older than this one
	After        int64                      // or just newer than this one
	CanUndo      func(*org.AuditEntry) bool // uuid.Nil: site roles
	Catalog      *rbac.Catalog
	Err          *org.Error // what is wrong with the query
	Now          time.Time
	Back         string // the page that shows the entries, if it is not the log
	Print        bool   // the page is to be printed: it has all entries, up to a bound, with all their changes
}

// missing says how many entries a printed page leaves out, "" if it has all.
func (a Audit) missing() string {
	if !a.Print {
		return ""
	}
	rest := "The CSV has everything."
	if a.Back != "" {
		rest = "The audit log has everything."
	}
	return missingRows(a.List.Count-len(a.List.Entries), "entry", rest)
}

// with returns the URL of this page with another parameter.
func (a Audit) with(name, value string) string {
	page := AuditURL(a.Query, a.Organization)
	if strings.Contains(page, "?") {
		return page + "&" + name + "=" + value
	}
	return page + "?" + name + "=" + value
}

// here returns the URL of this page, to which an undo returns.
func (a Audit) here() string {
	switch {
	case a.Back != "":
		return a.Back
	case a.Before > 0:
		return a.with("before", strconv.FormatInt(a.Before, 10))
	case a.After > 0:
		return a.with("after", strconv.FormatInt(a.After, 10))
	}
	return AuditURL(a.Query, a.Organization)
}

// older returns the URL of the page with the next older entries, "" if there are none; newer is its opposite.
func (a Audit) older() string {
	if !a.List.Older || len(a.List.Entries) == 0 {
		return ""
	}
	return a.with("before", strconv.FormatInt(a.List.Entries[len(a.List.Entries)-1].Seq, 10))
}

// olderActivity does the same for a page about a person.
func (a Audit) olderActivity() string {
	if a.older() == "" {
		return ""
	}
	return a.Back + "&before=" + strconv.FormatInt(a.List.Entries[len(a.List.Entries)-1].Seq, 10)
}

func (a Audit) newer() string {
	if !a.List.Newer || len(a.List.Entries) == 0 {
		return ""
	}
	return a.with("after", strconv.FormatInt(a.List.Entries[0].Seq, 10))
}

// auditDay has the lines of one day.
type auditDay struct {
	label string
	rows  []auditRow
}

func (a Audit) days() []auditDay {
	var days []auditDay
	for _, e := range a.List.Entries {
		label := ui.DayHeading(e.Time, a.Now)
		if len(days) == 0 || days[len(days)-1].label != label {
			days = append(days, auditDay{label: label})
		}
		last := &days[len(days)-1]
		if n := len(last.rows); n > 0 && a.List.Batches && last.rows[n-1].takes(&e) {
			continue
		}
		last.rows = append(last.rows, rowOf(e))
	}
	return days
}

// sentence describes an entry: the part before its target, and the part after it.
type sentence struct{ before, after string }

func (a Audit) sentence(e org.AuditEntry) sentence {
	s := a.did(e)
	if e.IsRefusal() {
		s = tried(e)
	}
	if e.Organization != nil && a.Organization == "" && e.ResourceType != "organization" {
		s.after += " in " + e.Organization.Label()
	}
	return s
}

// did describes what an entry changed.
func (a Audit) did(e org.AuditEntry) sentence {
	var gained, lost []string
	role := map[string]string{"organization_member": "role", "user": "site role"}[e.ResourceType]
	if role != "" && e.Action == "write" {
		gained, lost = roleChanges(e)
	}
	switch {
	case len(gained) > 0 && len(lost) > 0:
		return sentence{"changed the " + role + "s of", ""}
	case len(gained) > 0:
		return sentence{"gave the " + ui.Noun(len(gained), role) + " " + ui.Join(gained) + " to", ""}
	case len(lost) > 0:
		return sentence{"removed the " + ui.Noun(len(lost), role) + " " + ui.Join(lost) + " from", ""}
	case e.ResourceType == "user" && e.Action == "write":
		return sentence{accountVerb(e), ""}
	case e.ResourceType == "custom_role" && e.Action == "write" && len(permissionChanges(e)) == 0:
		return sentence{"renamed the role", ""}
	}
	if d, ok := deeds[e.ResourceType+" "+e.Action]; ok {
		return sentence{d.before, d.after}
	}
	return sentence{actionOf(e.Action).past + " the " + kindNoun(e.ResourceType), ""}
}

// tried describes an attempt that was refused.
func tried(e org.AuditEntry) sentence {
	verb := deeds[e.ResourceType+" "+e.Action].tried
	if verb == "" {
		verb = "to " + actionOf(e.Action).base + " the " + kindNoun(e.ResourceType)
	}
	after := "(" + whyNot(e) + ")"
	if _, last := e.Diff["suppressed"]; last {
		after = "and more than is recorded here " + after
	}
	return sentence{"tried " + verb, after}
}

// whyNot says why an attempt changed nothing. Only a status of 401 or 403 is about permissions.
func whyNot(e org.AuditEntry) string {
	switch e.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "not allowed"
	case http.StatusConflict, http.StatusPreconditionFailed:
		if e.Action == "create" {
			return "exists already"
		}
		return "it had changed"
	case http.StatusNotFound:
		return "not found"
	case http.StatusTooManyRequests:
		return "too often"
	}
	return "invalid"
}

// targetURL returns the page of the target of an entry, "" if it is gone or has none.
func (a Audit) targetURL(e org.AuditEntry) string {
	switch {
	case e.Deleted || e.Action == "delete" && !e.IsRefusal():
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
	case e.ResourceType == "catalog":
		return CatalogURL
	}
	return ""
}

// whyURL returns the page that explains a refusal, "" if there is nothing to explain.
func (a Audit) whyURL(e org.AuditEntry) string {
	p, ok := e.RequiredPermission()
	if !ok || e.StatusCode != http.StatusForbidden || e.User == nil || e.Organization == nil || !slices.Contains(e.User.OrganizationIDs, e.OrganizationID) {
		return ""
	}
	return ExplainURL(e.Organization.Name, e.User.Username, org.Question{Action: p.Action, ResourceType: p.ResourceType})
}

// open reports whether the changes of an entry are unfolded. People come to see the changes of a role, but too many
// would push everything else out of sight.
func (a Audit) open(e org.AuditEntry) bool {
	return a.Print || a.Back == "" && e.ResourceType == "custom_role" && fewChanges(a.changes(e))
}

// terse reports whether the sentence covers every change, so that no list of them is needed.
func (a Audit) terse(e org.AuditEntry) bool {
	gained, lost := roleChanges(e)
	n := len(a.changes(e))
	return n == 0 || e.Action == "write" && n == len(gained)+len(lost) && (len(gained) == 0 || len(lost) == 0)
}

// actor returns the name of the person behind an entry, as recorded in the trail. If a token made the change, it is
// named itself.
func (a Audit) actor(e org.AuditEntry) string {
	switch name, _ := e.Diff["token_name"].Old.(string); {
	case e.User != nil:
		return e.User.Label()
	case e.Action == org.ActionExpire:
		return "The token " + name
	}
	return ui.FirstOf(e.Actor, "Someone")
}
