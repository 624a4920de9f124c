package web

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

func sampleMember(name string) org.Member {
	id := uuid.MustParse("7c60d51f-b44e-4682-87d6-449835ea4de6")
	return org.Member{
		UserID:         uuid.MustParse("00112233-4455-6677-8899-aabbccddeeff"),
		OrganizationID: id,
		CreatedAt:      time.Date(2025, 1, 2, 3, 4, 5, 678901234, time.FixedZone("", 7200)),
		UpdatedAt:      time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Username:       "anna",
		Name:           name,
		AvatarURL:      "https://example.com/?a=1&b=<2>",
		Email:          name + "@example.com",
		Status:         org.StatusActive,
		Roles: []org.RoleRef{
			{Name: "ci", DisplayName: name, OrganizationID: id}, {Name: "organization-admin", OrganizationID: id},
		},
		SiteRoles: []org.RoleRef{{Name: "owner", DisplayName: "Owner"}},
		NextEnd:   time.Date(2027, 1, 2, 3, 4, 5, 678901000, time.UTC),
		ManagedBy: []org.ManagedBy{{Source: "oidc:okta", Rules: []string{name}}, {Source: "scim:acme", Name: name, Organization: id}},
	}
}

func TestAppendMember(t *testing.T) {
	t.Parallel()
	names := []string{
		"", "Anna", `"quoted" \ back`, "<script>&", "line\nfeed\ttab\b\f\r\x00\x1f", "Ünïcödé 日本語 🙂", "sep\u2028\u2029",
		"broken \xff utf-8", "del \x7f",
	}
	for _, name := range names {
		m := sampleMember(name)
		want, err := json.Marshal(wireMemberWithUser(&m))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(appendMember(nil, &m))); diff != "" {
			t.Errorf("%q (-encoding/json +ours)\n%s", name, diff)
		}
	}
	bare := org.Member{}
	want, _ := json.Marshal(wireMemberWithUser(&bare))
	if diff := cmp.Diff(string(want), string(appendMember(nil, &bare))); diff != "" {
		t.Errorf("an empty member (-encoding/json +ours)\n%s", diff)
	}
}

func BenchmarkAppendMember(b *testing.B) {
	m := sampleMember("Anna Example")
	buffer := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buffer = appendMember(buffer[:0], &m)
	}
}

// TestWireLists: a list is never null, whatever org leaves out.
func TestWireLists(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{
		"member":      wireMemberWithUser(&org.Member{}),
		"role":        wireAssignableRole(&org.Role{}),
		"user":        wireUser(&org.User{}),
		"assignment":  wireAssignment(&org.RoleForm{}),
		"audit entry": wireAuditEntry(&org.AuditEntry{User: &org.User{}}),
	} {
		got, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(got), "null") {
			t.Errorf("%s has a null: %s", name, got)
		}
	}
}

func TestWireStyles(t *testing.T) {
	t.Parallel()
	role := client.Role{Name: "ci"}
	if diff := cmp.Diff([]any{role}, Documented.savedRole(role)); diff != "" {
		t.Errorf("documented (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(any(role), SDK.savedRole(role)); diff != "" {
		t.Errorf("sdk (-want +got)\n%s", diff)
	}
	if status, data := Documented.deletedRole(role); status != 200 || !cmp.Equal(data, any([]any{role})) {
		t.Errorf("documented deletion answers %d %v", status, data)
	}
	if status, data := SDK.deletedRole(role); status != 204 || data != nil {
		t.Errorf("sdk deletion answers %d %v", status, data)
	}
	if got, _ := json.Marshal(wirePatchedRole(&org.Role{Name: "ci"})); !strings.Contains(string(got), `"organization_permissions":{}`) {
		t.Errorf("a patched site role is %s", got)
	}
}

// rowsOf returns the list that rows make of members.
func rowsOf(t *testing.T, start func(*sink) memberRows, members ...org.Member) string {
	t.Helper()
	var b bytes.Buffer
	out := &sink{Writer: bufio.NewWriter(&b)}
	rows := start(out)
	steps := []error{rows.begin(len(members))}
	for i := range members {
		steps = append(steps, rows.row(&members[i]))
	}
	steps = append(steps, rows.end(), out.Flush())
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestMemberRowsAsJSON(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2} {
		members := []org.Member{sampleMember("Anna"), sampleMember("Ben")}[:n]
		list := each(members, wireMemberWithUser)
		page := struct {
			Count   int                     `json:"count"`
			Members []client.MemberWithUser `json:"members"`
		}{n, list}
		for name, tt := range map[string]struct {
			rows jsonRows
			want any
		}{
			"list":       {jsonRows{}, list},
			"documented": {jsonRows{paginated: true, wire: Documented}, []any{page}},
			"sdk":        {jsonRows{paginated: true, wire: SDK}, page},
		} {
			want, err := json.Marshal(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			got := rowsOf(t, func(out *sink) memberRows { tt.rows.out = out; return &tt.rows }, members...)
			if diff := cmp.Diff(string(want)+"\n", got); diff != "" {
				t.Errorf("%s of %d (-want +got)\n%s", name, n, diff)
			}
		}
	}
}

// TestMemberRowsAsCSV: no cell is a formula, and what is none comes back as it was.
func TestMemberRowsAsCSV(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"Anna": "Anna", `a,"b"`: `a,"b"`, "two\nlines": "two\nlines", "": "", "a=b": "a=b",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "＝1": "'＝1",
	}
	for name, want := range names {
		got := rowsOf(t, func(out *sink) memberRows { return newCSVRows(out) }, sampleMember(name))
		if !strings.Contains(got, "\r\n") {
			t.Errorf("%q: lines do not end as RFC 4180 has it: %q", name, got)
		}
		r := csv.NewReader(strings.NewReader(got))
		head, err := r.Read()
		if err != nil || len(head) != 17 {
			t.Fatalf("%q: head %v, %v", name, head, err)
		}
		row, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if row[2] != want || row[5] != "ci organization-admin" || row[6] != "owner" {
			t.Errorf("%q: got the row %q", name, row)
		}
		if _, err := r.Read(); err != io.EOF {
			t.Errorf("%q: more than one row", name)
		}
	}
	if got := Inert("\rx"); got != "'\rx" { // the reader above would drop the carriage return
		t.Errorf("a carriage return became %q", got)
	}
}

// TestWireAnswers: the answers to checks, written by hand, are what the client reads.
func TestWireAnswers(t *testing.T) {
	t.Parallel()
	for _, answers := range []map[string]bool{{}, {"b": true, "a": false}, {`"quoted" <b>`: true, "explanations": true}} {
		want, err := json.Marshal(client.AuthCheckResponse{Answers: answers})
		if err != nil {
			t.Fatal(err)
		}
		if got := wireAnswers(answers); string(got) != string(want) {
			t.Errorf("wireAnswers(%v) = %s, want %s", answers, got, want)
		}
	}
}
