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

// Picked is what is selected in a list of members, on all its pages: some by id, or all that match but some.
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

// elsewhere are those of ids that are not on this page, whose boxes say it themselves.
func (m Members) elsewhere(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(m.List.Members, func(r org.Member) bool { return r.UserID.String() == id })
	})
}

// pickedElsewhere tells of what is selected and can't be seen here.
func (m Members) pickedElsewhere() string {
	if n := len(m.elsewhere(m.Picked.Users)); n > 0 {
		return ui.Thousands(n) + " selected on other pages"
	}
	return "Selected members"
}

// selects is the filter that a selection belongs to, whatever its order and page.
func (m Members) selects() string {
	f := m.Filter
	f.Sort, f.Limit, f.Offset = "", 0, 0
	return memberQuery(f).Encode()
}

// keepURL goes on to the next page, or from the last one to the first, with what is selected.
func (m Members) keepURL() string {
	f := m.Filter
	if f.Offset += max(f.Limit, 1); f.Offset >= m.List.Count {
		f.Offset = 0
	}
	return SelectionURL(m.List.Organization.Name, f)
}

func (m Members) keepLabel() string {
	if m.Filter.Offset+m.Filter.Limit >= m.List.Count {
		return "Keep and go to the first page"
	}
	return "Keep and go on"
}

// peopleShown is how many people a question names before somebody asks for all.
const peopleShown = 50

// people are the ones that the page lists.
func (b BulkConfirm) people() []org.Member {
	if b.Everybody {
		return b.Result.Done
	}
	return b.Result.Done[:min(peopleShown, len(b.Result.Done))]
}

// set is the people that the question is about. The form sends it back.
func (b BulkConfirm) set() string {
	var ids []byte
	add := func(id uuid.UUID) { ids = append(ids, id[:]...) }
	for _, list := range [][]org.Member{b.Result.Done, b.Result.Unchanged} {
		for i := range list {
			add(list[i].UserID)
		}
	}
	for _, r := range b.Result.Refused {
		if r.Member != nil {
			add(r.Member.UserID)
		}
	}
	return base64.RawURLEncoding.EncodeToString(ids)
}

// kept tells script what is selected now, for the list that it goes back to.
func (b BulkConfirm) kept() templ.Attributes {
	f := b.Filter
	f.Sort, f.Limit, f.Offset = "", 0, 0
	ids := func(list []string) string {
		text, _ := json.Marshal(list)
		return strings.ReplaceAll(string(text), "null", "[]")
	}
	return templ.Attributes{
		"data-keeps": b.Result.Organization.Name, "data-filter": memberQuery(f).Encode(),
		"data-all": b.all(), "data-users": ids(b.Bulk.Users), "data-except": ids(b.Bulk.Except),
	}
}

// back is the label of the way back to the list.
func (b BulkConfirm) back() string {
	if len(b.Result.Done) > 0 && !b.OnlyShow {
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

// dropping takes one of the people out, and says whose line is the next.
func dropping(people []org.Member, i int) string {
	next := min(i+1, len(people)-1)
	if next == i {
		next = max(i-1, 0)
	}
	return people[i].UserID.String() + " " + people[next].UserID.String()
}

// SelectionURL is a page of the list with what was selected on others, which is sent to it.
func SelectionURL(organization string, f org.MemberFilter) string {
	return ui.URL(OrganizationURL(organization)+"/members/selection", memberQuery(f))
}

// UsersCSVURL is the same list as a file: all rows, whatever the page shows.
func UsersCSVURL(f org.UserFilter) string {
	f.Limit, f.Offset = 0, 0
	u, q, _ := strings.Cut(UsersURL(f), "?")
	if q != "" {
		q += "&"
	}
	return u + "?" + q + "format=csv"
}

// UndoBatchURL takes back all that was done with an entry.
func UndoBatchURL(entry string) string { return UndoURL(entry) + "/batch" }
