package views

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Picked is the selection in a list of members, on all its pages: some by id, or all that match with exceptions.
type Picked struct {
	All    bool
	Users  []string
	Except []string
}

func (p Picked) any() bool { return p.All || len(p.Users) > 0 }

func (p Picked) has(id string) bool {
	if p.All {
		return !slices.Contains(p.Except, id)
	}
	return slices.Contains(p.Users, id)
}

// elsewhere returns what is selected, or left out, on pages other than the one with these rows, whose boxes show it
// themselves.
func (p Picked) elsewhere(shown []uuid.UUID) Picked {
	gone := func(ids []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return slices.ContainsFunc(shown, func(row uuid.UUID) bool { return row.String() == id })
		})
	}
	return Picked{All: p.All, Users: gone(p.Users), Except: gone(p.Except)}
}

// told describes the part of the selection that can't be seen on this page.
func (p Picked) told(noun string) string {
	if n := len(p.Users); n > 0 {
		return ui.Thousands(n) + " selected on other pages"
	}
	return "Selected " + noun
}

// elsewhere returns what is selected on other pages of the list.
func (m Members) elsewhere() Picked {
	ids := make([]uuid.UUID, len(m.List.Members))
	for i := range m.List.Members {
		ids[i] = m.List.Members[i].UserID
	}
	return m.Picked.elsewhere(ids)
}

// selects returns the filter that a selection belongs to, whatever its order and page.
func (m Members) selects() string {
	f := m.Filter
	f.Sort, f.Limit, f.Offset = "", 0, 0
	return memberQuery(f).Encode()
}

// keepURL returns the URL of the next page, or after the last one of the first, for keeping the selection.
func (m Members) keepURL() string {
	f := m.Filter
	if f.Offset += max(f.Limit, 1); f.Offset >= m.List.Count {
		f.Offset = 0
	}
	return SelectionURL(m.List.Organization.Name, f)
}

func (m Members) keepLabel() string {
	return keepLabel(m.Filter.Offset+m.Filter.Limit >= m.List.Count)
}

func keepLabel(last bool) string {
	if last {
		return "Keep and go to the first page"
	}
	return "Keep and go on"
}

// peopleShown is how many people a confirm page names unless all are asked for.
const peopleShown = 50

// person is one of the people that a question is about.
type person struct {
	id                          uuid.UUID
	label, username, email, url string
	service                     bool
}

// crowd has the people that a question is about, for its page and the form on it.
type crowd struct {
	people    []person // the people who change
	others    []uuid.UUID
	everybody bool      // all are named, however many they are
	focus     uuid.UUID // whose line has the focus, after the one before it was left out
}

// shown returns those that the page lists.
func (a crowd) shown() []person {
	if a.everybody {
		return a.people
	}
	return a.people[:min(peopleShown, len(a.people))]
}

// set encodes all people that the question is about. The form sends it back.
func (a crowd) set() string {
	var ids []byte
	for _, p := range a.people {
		ids = append(ids, p.id[:]...)
	}
	for _, id := range a.others {
		ids = append(ids, id[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(ids)
}

// dropping returns the value that leaves one of the people out, and names the person on the next line.
func dropping(people []person, i int) string {
	next := min(i+1, len(people)-1)
	if next == i {
		next = max(i-1, 0)
	}
	return people[i].id.String() + " " + people[next].id.String()
}

// crowd returns the people that the question is about.
func (b BulkConfirm) crowd() crowd {
	a := crowd{everybody: b.Everybody, focus: b.Focus}
	for i := range b.Result.Done {
		m := &b.Result.Done[i]
		a.people = append(a.people, person{m.UserID, m.Label(), m.Username, m.Email, MemberURL(b.Result.Organization.Name, m.Username), m.LoginType == org.LoginNone})
	}
	for i := range b.Result.Unchanged {
		a.others = append(a.others, b.Result.Unchanged[i].UserID)
	}
	a.others = append(a.others, refusedIDs(b.Result.Refused)...)
	return a
}

// refusedIDs returns the accounts among those that were left out.
func refusedIDs(list []org.BulkRefusal) (ids []uuid.UUID) {
	for i := range list {
		if id := list[i].ID(); id != uuid.Nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// kept tells script the current selection, for the list that it goes back to: of an organization, or [ofSite].
func (p Picked) kept(of, filter string) templ.Attributes {
	ids := func(list []string) string {
		text, _ := json.Marshal(list)
		return strings.ReplaceAll(string(text), "null", "[]")
	}
	return templ.Attributes{"data-keeps": of, "data-filter": filter, "data-all": p.All, "data-users": ids(p.Users), "data-except": ids(p.Except)}
}

// picked returns the selection without those that were left out.
func (b BulkConfirm) picked() Picked {
	return Picked{All: b.all(), Users: b.Bulk.Users, Except: b.Bulk.Except}
}

// kept returns picked for script.
func (b BulkConfirm) kept() templ.Attributes {
	if b.Back != "" { // nothing is selected in the list
		return nil
	}
	f := b.Filter
	f.Sort, f.Limit, f.Offset = "", 0, 0
	return b.picked().kept(b.Result.Organization.Name, memberQuery(f).Encode())
}

// back returns the label of the link back to the list.
func (b BulkConfirm) back() string { return backLabel(len(b.Result.Done) > 0 && !b.OnlyShow) }

func backLabel(asks bool) string {
	if asks {
		return "Cancel"
	}
	return "Back"
}

func (b BulkConfirm) action() string {
	if b.OnlyShow {
		return "show"
	}
	return string(b.Bulk.Action)
}

// SelectionURL returns a page of the list; the selection on other pages is sent to it.
func SelectionURL(organization string, f org.MemberFilter) string {
	return ui.URL(OrganizationURL(organization)+"/members/selection", memberQuery(f))
}

// UsersCSVURL returns the same list as a file: all rows, whatever the page shows.
func UsersCSVURL(f org.UserFilter) string {
	f.Limit, f.Offset = 0, 0
	u, q, _ := strings.Cut(UsersURL(f), "?")
	if q != "" {
		q += "&"
	}
	return u + "?" + q + "format=csv"
}

// UndoBatchURL undoes everything that the request of an entry did.
func UndoBatchURL(entry string) string { return UndoURL(entry) + "/batch" }
