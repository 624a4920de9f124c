package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// call gives an account another name, as a change of its profile stores it.
func (s *site) call(t *testing.T, who, name string) {
	t.Helper()
	s.exec(t, "UPDATE users SET name = ?, search_key = ? WHERE id = ?", name, unit.SearchKey(who, name, who+"@example.com"), id(who).String())
}

// Whoever looks for a name finds it in every list, however it is typed; and it stays as its owner typed it.
func TestSearchFindsHoweverTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []struct{ name, queries string }{
		{"Jürgen Müller", "muller MÜLLER Mu\u0308ller jur"}, {"Sinéad O’Brien", "o'brien O’Brien O`BRIEN oʼbrien sinead"},
		{"Łukasz Wałęsa", "lukasz walesa Łuk WAŁĘSA"}, {"Søren Kierkegård", "soren kierkegard SØR"}, {"Đorđe Šešelj", "dorde seselj"},
		{"Ægir Þórðarson", "aegir thordarson æg"}, {"Weiß Großmann", "weiss GROSSMANN weiß groß"}, {"François Lefèvre", "francois lefevre FRANÇOIS"},
		{"José Ñúñez", "jose nunez ñúñ"}, {"Işıl Çağlayan", "isil caglayan ışıl"}, {"Nguyễn Thị Hằng", "nguyen hang Nguyễn"}, {"Åse Öhman", "ase ohman ÖH åse"},
		{"Zoë Brontë", "zoe bronte"}, {"D‘Artagnan", "d'artagnan d’art"}, {"Ödön Kőszegi", "odon koszegi ködön"}, {"Şükrü", "sukru şük"},
		{"Ὀδυσσεύς", "οδυσσευσ ΟΔΥΣΣΕΥΣ οδυσσεύς"}, {"Фёдор Чайковский", "федор чаиковскии ФЁДОР"}, {"김민준", "민준 김민"}, {"山田太郎", "太郎 山田"},
		{"Ｆｕｊｉｔａ", "fujita Ｆｕｊｉ"}, {"Eﬃe", "effie"}, {"Jean‑Luc", "jean-luc"}, {"\u01c5emal", "džemal dzemal"}, {"Ĳsbrand", "ijsbrand"},
	}
	for i, n := range names {
		p := person{name: fmt.Sprintf("p%02d", i)}
		if i%2 == 0 {
			p.home = none
		}
		s.insert(t, p)
		s.call(t, p.name, n.name)
	}
	by := s.as(t, "o")
	for i, n := range names {
		who := fmt.Sprintf("p%02d", i)
		for _, query := range strings.Fields(n.queries) {
			missing := query == "ködön" // which is not in the name
			found := map[string]bool{}
			for what, q := range map[string]string{"members": query, "members by name": "name:" + query} {
				list, err := s.Members(t.Context(), by, "default", org.MemberFilter{Query: q})
				found[what] = err == nil && len(list.Members) == 1 && list.Members[0].Username == who && list.Members[0].Name == n.name
			}
			_, others, err := s.Candidates(t.Context(), by, "default", query)
			found["candidates"] = err == nil && len(others) == 1 && others[0].Username == who
			for what, f := range map[string]org.UserFilter{"text": {Text: query}, "name": {Query: "name:" + query}} {
				users, err := s.Users(t.Context(), by, f)
				found["users by "+what] = err == nil && len(users.Users) == 1 && users.Users[0].Username == who && users.Users[0].Name == n.name
			}
			hits, err := s.Search(t.Context(), by, "default", query)
			found["palette"] = err == nil && slices.ContainsFunc(hits.Users, func(u org.User) bool { return u.Username == who })
			for where, ok := range found {
				want := !missing
				if where == "candidates" {
					want = want && i%2 == 1
				} else if strings.HasPrefix(where, "members") {
					want = want && i%2 == 0
				}
				if ok != want {
					t.Errorf("%s: %q finds %s: %t, want %t", where, query, n.name, ok, want)
				}
			}
		}
	}
	for query, want := range map[string]int{"name:p00": 0, "name:example": 0, "p00": 1, "name:jürgen": 1, "name:\"n m\"": 1} {
		if list := s.both(t, by, "default", org.MemberFilter{Query: query}); len(list.Members) != want {
			t.Errorf("%s finds %d members, want %d", query, len(list.Members), want)
		}
	}
	s.exec(t, "UPDATE organizations SET display_name = 'Côte d’Azur' WHERE id = ?", beta.String())
	s.exec(t, "UPDATE roles SET display_name = 'Überprüfer' WHERE id = ?", id("role viewer").String())
	by = s.as(t, "o") // as the roles are now
	if hits, err := s.Search(t.Context(), by, "default", "COTE D'AZUR"); err != nil || len(hits.Organizations) != 1 {
		t.Errorf("%+v, %v", hits.Organizations, err)
	}
	if hits, err := s.Search(t.Context(), by, "default", "uberprufer"); err != nil || len(hits.Roles) != 1 {
		t.Errorf("%+v, %v", hits.Roles, err)
	}
	page, err := s.RolePage(t.Context(), by, org.In("default"), org.RoleFilter{Query: "uberprüfer"})
	if err != nil || len(page.Roles) != 1 {
		t.Errorf("%+v, %v", page.Roles, err)
	}
}
