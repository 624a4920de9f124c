package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// CatalogReview is the page that shows what another catalog would do before it is applied.
type CatalogReview struct {
	Plan     org.CatalogPlan
	From     *rbac.Catalog // the catalog to be replaced, for its words
	Label    string        // of the product
	Document string        // as it was sent; "" if an earlier version is to be restored
	BackTo   int64         // the version to be restored, or 0
	Note     string
	Retire   []string
	Replace  bool   // it may replace another product's catalog
	Version  string // the version that the plan is based on
	Err      *org.Error
}

func (r CatalogReview) title() string {
	if r.BackTo != 0 {
		return "Go back to version " + versionText(r.BackTo)
	}
	return "Version " + versionText(r.Plan.To) + " of " + r.Label
}

// action returns where the form is sent.
func (r CatalogReview) action() string {
	if r.BackTo != 0 {
		return CatalogRollbackURL
	}
	return CatalogURL
}

// peopleURL returns where the form is sent to get the people of one line as a file.
func (r CatalogReview) peopleURL(l org.CatalogLine) string {
	return r.action() + "?dry_run=1&format=csv&line=" + CatalogLineID(l)
}

// encoding returns how the form is sent: a long document literally, since percent signs would make it longer than a
// body may be.
func (r CatalogReview) encoding() string {
	if r.BackTo != 0 {
		return "application/x-www-form-urlencoded"
	}
	return "multipart/form-data"
}

// fields returns the hidden fields of the page's forms.
func (r CatalogReview) fields() []ui.Hidden {
	if r.BackTo != 0 {
		return []ui.Hidden{{Name: "back_to", Value: versionText(r.BackTo)}, {Name: "note", Value: r.Note}}
	}
	out := []ui.Hidden{{Name: "_method", Value: "PUT"}, {Name: "document", Value: r.Document}, {Name: "note", Value: r.Note}}
	if r.Replace {
		out = append(out, ui.Hidden{Name: "replace", Value: "1"})
	}
	return out
}

// verdict summarizes the change in one sentence.
func (r CatalogReview) verdict() string {
	p := r.Plan.People
	switch {
	case p.Losing == 0 && p.Gaining == 0:
		return "No one gains or loses anything."
	case p.Losing == 0:
		return ui.Plural(int(p.Gaining), "person") + " " + ui.Verb(int(p.Gaining), "gain") + " something, no one loses anything."
	case p.Gaining == 0:
		return ui.Plural(int(p.Losing), "person") + " " + ui.Verb(int(p.Losing), "lose") + " something."
	}
	return ui.Plural(int(p.Losing), "person") + " " + ui.Verb(int(p.Losing), "lose") + " something, " +
		ui.Thousands(int(p.Gaining)) + " " + ui.Verb(int(p.Gaining), "gain") + " something."
}

// sums returns the sentences below the verdict.
func (r CatalogReview) sums() string {
	n := map[string]int{}
	for _, c := range r.Plan.Changes {
		n[c.Kind]++
	}
	var parts []string
	for _, of := range []struct{ kind, noun, does string }{
		{org.CatalogRenamed, "permission", "are renamed"}, {org.CatalogRemoved, "permission", "are removed"}, {org.CatalogAdded, "permission", "are new"},
		{org.CatalogRoleAdded, "built-in role", "are new"}, {org.CatalogRoleRemoved, "built-in role", "are removed"},
	} {
		if k := n[of.kind]; k > 0 {
			verb, rest, _ := strings.Cut(of.does, " ")
			parts = append(parts, ui.Plural(k, of.noun)+" "+ui.Verb(k, verb)+" "+rest)
		}
	}
	var out []string
	if len(parts) > 0 {
		out = append(out, strings.Join(parts, ", ")+".")
	}
	if k := r.Plan.RolesTotal; k > 0 {
		out = append(out, ui.Plural(k, "custom role")+" "+ui.Verb(k, "change")+".")
	}
	out = append(out, r.denies())
	if k := int(r.Plan.People.Suspended); k > 0 {
		out = append(out, ui.Thousands(k)+" more "+ui.Verb(k, "are")+" suspended and can use nothing now.")
	}
	return strings.Join(out, " ")
}

// denies says that no deny is lost, or which ones are.
func (r CatalogReview) denies() string {
	var gone []string
	for _, u := range r.Plan.InUse {
		if n := u.Denies.Roles; n > 0 {
			gone = append(gone, u.What+" in "+ui.Plural(n, "role"))
		}
	}
	for _, c := range r.Plan.Changes {
		for _, name := range c.Undenies {
			gone = append(gone, name+" in the built-in role "+strings.TrimPrefix(c.What, "role:"))
		}
	}
	if len(gone) == 0 {
		return "Every deny is kept."
	}
	named := slices.Clone(firstN(gone))
	if more := len(rest(gone)); more > 0 {
		named = append(named, ui.Thousands(more)+" more")
	}
	return "These denies end: " + ui.Join(named) + "."
}

// catalogWords has the word and the badge of each kind of change.
var catalogWords = map[string]struct{ word, badge string }{
	org.CatalogRenamed:      {"Renamed", "u"},
	org.CatalogRemoved:      {"Removed", "d"},
	org.CatalogAdded:        {"New", "a"},
	org.CatalogDeprecated:   {"Deprecated", "u"},
	org.CatalogUndeprecated: {"In use again", "u"},
	org.CatalogLabel:        {"Label", "u"},
	org.CatalogParent:       {"Moved", "u"},
	org.CatalogOwned:        {"Owner", "u"},
	org.CatalogRoleAdded:    {"New role", "a"},
	org.CatalogRoleRemoved:  {"Role removed", "d"},
	org.CatalogRoleChanged:  {"Role changed", "u"},
	org.CatalogAssigns:      {"Role changed", "u"},
	org.CatalogAuthZEN:      {"AuthZEN", "u"},
}

// catalogLine is a change for people: the sentence, and lists of permissions below it.
type catalogLine struct {
	word, badge string
	what, text  string // name in code, and what happens to it
	lists       []catalogList
	of          org.CatalogDifference
}

// catalogList is what a built-in role gains or loses.
type catalogList struct {
	label string
	names []string
}

// catalogLines describes the changes between two versions.
func catalogLines(list []org.CatalogDifference) []catalogLine {
	var out []catalogLine
	for _, d := range list {
		w := catalogWords[d.Kind]
		l := catalogLine{word: ui.FirstOf(w.word, d.Kind), badge: ui.FirstOf(w.badge, "u"), what: d.What, of: d}
		switch d.Kind {
		case org.CatalogRenamed:
			l.text = "becomes " + d.To + ". Roles keep what they say."
		case org.CatalogDeprecated:
			if d.Use != "" {
				l.text = "use " + d.Use + " instead"
			}
		case org.CatalogLabel:
			l.text = "“" + d.From + "” becomes “" + d.To + "”"
		case org.CatalogParent:
			l.text = "from " + d.From + " to " + d.To
		case org.CatalogAuthZEN:
			l.text = authZENText(d.From, d.To)
		case org.CatalogOwned:
			if l.text = "no longer belongs to one person"; d.To == "true" {
				l.text = "may belong to one person"
			}
		default:
			l.text = roleLevelWord(d.Level)
		}
		for _, part := range []catalogList{{"allows", d.Gives}, {"no longer allows", d.Takes}, {"denies", d.Denies}, {"no longer denies", d.Undenies}} {
			if len(part.names) > 0 {
				l.lists = append(l.lists, part)
			}
		}
		out = append(out, l)
	}
	return out
}

// rolesOf says how many custom roles a change of a pair touches, "" for any other change.
func (r *CatalogReview) rolesOf(d org.CatalogDifference) string {
	names := []string{d.What, "!" + d.What, d.To, "!" + d.To}
	switch d.Kind {
	case org.CatalogRenamed, org.CatalogRemoved, org.CatalogAdded:
	default:
		return ""
	}
	n := 0
	for i := range r.Plan.Roles {
		role := &r.Plan.Roles[i]
		if slices.ContainsFunc(slices.Concat(role.Renamed, role.WrittenOut, role.Retired, role.Revived), func(p string) bool { return slices.Contains(names, p) }) {
			n++
		}
	}
	text := ui.Thousands(n)
	if n > 0 && r.Plan.RolesTotal > len(r.Plan.Roles) { // the plan does not name all of them
		text += "+"
	}
	return text
}

// peopleOf says who gains or loses a pair that changes, and where on the page some of them are named.
func (r *CatalogReview) peopleOf(d org.CatalogDifference) (anchor, text string) {
	switch d.Kind {
	case org.CatalogRenamed, org.CatalogRemoved, org.CatalogAdded:
	default:
		return "", ""
	}
	// A line counts the people of one level, and a person may be in two of them: the largest line is true, and says
	// enough.
	var most *org.CatalogLine
	for i := range r.Plan.People.Lines {
		l := &r.Plan.People.Lines[i]
		if name := l.Permission.String(); (name == d.What || name == d.To) && (most == nil || l.People > most.People) {
			most = l
		}
	}
	if most == nil {
		return "", "no one gains or loses"
	}
	verb := "lose"
	if most.Gain {
		verb = "gain"
	}
	return CatalogLineID(*most), ui.Thousands(int(most.People)) + " " + ui.Verb(int(most.People), verb) + " it"
}

var anchored = strings.NewReplacer(":", "-", "*", "all")

// CatalogLineID identifies a line: on the page, and in the query for the file with its people.
func CatalogLineID(l org.CatalogLine) string {
	name := "who-" + anchored.Replace(l.Permission.String()) + "-" + l.Level
	if l.Own {
		name += "-own"
	}
	if l.Gain {
		return name + "-gain"
	}
	return name + "-lose"
}

// authZENText describes the change of a part of the rules for AuthZEN.
func authZENText(from, to string) string {
	switch {
	case from == "":
		return "new: " + to
	case to == "":
		return "no longer: " + from
	}
	return from + " becomes " + to
}

// roleLevelWord says where a change of a built-in role applies.
func roleLevelWord(level string) string {
	switch level {
	case "organization":
		return "in the organization"
	case "site":
		return "on the whole site"
	case "user":
		return "on things of their own"
	}
	return ""
}

// use says who uses what a version would remove.
func use(u org.CatalogUse) string {
	var parts []string
	for _, of := range []struct {
		verb string
		org.CatalogUsers
	}{{"Allowed", u.Allows}, {"Denied", u.Denies}} {
		if of.Roles > 0 {
			parts = append(parts, of.verb+" by "+ui.Plural(of.Roles, "role")+" in "+ui.Plural(of.Organizations, "organization"))
		}
	}
	if u.Holders > 0 {
		parts = append(parts, "Held by "+ui.Plural(int(u.Holders), "person")+" in "+ui.Plural(u.Organizations, "organization"))
	}
	return strings.Join(parts, ". ") + "."
}

// useLabel names what would be removed.
func (r CatalogReview) useLabel(u org.CatalogUse) string {
	if name, ok := strings.CutPrefix(u.What, "role:"); ok {
		return "the built-in role " + name
	}
	typ, action, _ := strings.Cut(u.What, ":")
	return r.From.Phrase(rbac.Permission{ResourceType: typ, Action: action})
}

// peopleLine says who gains or loses a permission, as the heading of a fold.
func peopleLine(l org.CatalogLine) string {
	verb := "lose"
	if l.Gain {
		verb = "gain"
	}
	text := ui.Plural(int(l.People), "person") + " " + ui.Verb(int(l.People), verb) + ": " + l.Phrase
	if l.Own {
		text += ", of their own"
	}
	return text
}
