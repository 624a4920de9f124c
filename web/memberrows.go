package web

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// longList is the number of rows above which a list has to wait for a turn.
const longList = 500

// memberStream sends the rows of a list of members one by one.
func (s *Server) memberStream(c *call, f org.MemberFilter, paginated bool) *stream {
	file := ""
	if c.csv {
		file, f.WithSources = s.fileName(c, "members", "csv"), true
	}
	return &stream{
		long: f.Limit == 0 || f.Limit > longList, file: file,
		write: func(out *sink) error {
			rows := memberRows(&jsonRows{out: out, paginated: paginated, wire: s.Wire})
			if out.csv {
				rows = newCSVRows(out)
			}
			if !out.csv && f.AfterID != uuid.Nil && f.Limit > 0 && f.Limit <= longList {
				return s.sendAfter(c, f, rows)
			}
			begin := func(count int) error {
				c.link(f.Limit, f.Offset, count)
				return rows.begin(count)
			}
			err := s.tenant.StreamMembers(c.ctx, c.actor, c.organization(), f, begin, rows.row)
			if err != nil {
				return err
			}
			return rows.end()
		},
	}
}

// sendAfter sends a page that begins after a member. The header that names the next page goes before the rows, so the
// rows are held back until it is known. For a long page that would be too many, so it names no next page.
func (s *Server) sendAfter(c *call, f org.MemberFilter, rows memberRows) error {
	limit, count := f.Limit, 0
	var list []org.Member
	f.Limit++
	err := s.tenant.StreamMembers(c.ctx, c.actor, c.organization(), f,
		func(n int) error { count = n; return nil },
		func(m *org.Member) error { list = append(list, *m); return nil })
	if err != nil {
		return err
	}
	list, next := partAfter(list, limit, func(m *org.Member) uuid.UUID { return m.UserID })
	c.linkAfter(limit, next)
	if err := rows.begin(count); err != nil {
		return err
	}
	for i := range list {
		if err := rows.row(&list[i]); err != nil {
			return err
		}
	}
	return rows.end()
}

// memberRows writes a list of members in some form.
type memberRows interface {
	begin(count int) error
	row(*org.Member) error
	end() error
}

type jsonRows struct {
	out       *sink
	wire      Wire
	paginated bool
	later     bool // a row has been written
}

func (j *jsonRows) begin(count int) error {
	head := "["
	if j.paginated {
		before, _ := j.wire.memberPage()
		head = before + `{"count":` + strconv.Itoa(count) + `,"members":[`
	}
	_, err := j.out.WriteString(head)
	return err
}

func (j *jsonRows) row(m *org.Member) error {
	b := j.out.scratch[:0]
	if j.later {
		b = append(b, ',')
	}
	j.later = true
	j.out.scratch = appendMember(b, m)
	_, err := j.out.Write(j.out.scratch)
	return err
}

func (j *jsonRows) end() error {
	tail := "]"
	if j.paginated {
		_, after := j.wire.memberPage()
		tail = "]}" + after
	}
	_, err := j.out.WriteString(tail + "\n")
	return err
}

// csvRows writes a file.
type csvRows struct{ *csvTable }

func newCSVRows(out *sink) memberRows {
	return csvRows{newTable(out,
		"user_id", "username", "name", "email", "status", "roles", "site_roles", "created_at", "updated_at",
		"login_type", "last_seen_at", "user_created_at", "user_updated_at", "is_service_account", "has_ai_seat",
		"next_end", "sources",
	)}
}

func (r csvRows) begin(int) error { return nil }

func (r csvRows) row(m *org.Member) error {
	return r.add(
		m.UserID.String(), m.Username, m.Name, m.Email, string(m.Status), roleNames(m.Roles), roleNames(m.SiteRoles),
		csvTime(m.CreatedAt), csvTime(m.UpdatedAt),
		m.LoginType, csvTime(m.LastSeenAt), csvTime(m.AccountCreatedAt), csvTime(m.AccountUpdatedAt),
		strconv.FormatBool(m.MadeForService()), "false", csvEnd(m.NextEnd), strings.Join(m.Sources, " "),
	)
}

func roleNames(refs []org.RoleRef) string {
	return strings.Join(each(refs, func(r *org.RoleRef) string { return r.Name }), " ")
}
