package web

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rolecall.example/org"
)

// longList is the number of rows above which a list takes a turn to be sent.
const longList = 500

// memberStream sends the rows of a list of members one by one.
func (s *Server) memberStream(c *call, f org.MemberFilter, paginated bool) *stream {
	return &stream{
		long: f.Limit == 0 || f.Limit > longList,
		write: func(out *sink) error {
			rows := memberRows(&jsonRows{out: out, paginated: paginated, wire: s.Wire})
			if out.csv {
				rows = &csvRows{csv.NewWriter(out)}
			}
			err := s.tenant.StreamMembers(c.ctx, c.actor, c.organization(), f, rows.begin, rows.row)
			if err != nil {
				return err
			}
			return rows.end()
		},
	}
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

type csvRows struct{ *csv.Writer }

func (r *csvRows) begin(int) error {
	r.UseCRLF = true
	return r.Write([]string{
		"user_id", "username", "name", "email", "status", "roles", "site_roles", "created_at", "updated_at",
	})
}

// row writes a member, with cells that spreadsheets do not take for formulas.
func (r *csvRows) row(m *org.Member) error {
	cells := []string{
		m.UserID.String(), m.Username, m.Name, m.Email, string(m.Status), roleNames(m.Roles), roleNames(m.SiteRoles),
		wireTime(m.CreatedAt).Format(time.RFC3339Nano), wireTime(m.UpdatedAt).Format(time.RFC3339Nano),
	}
	for i, cell := range cells {
		cells[i] = Inert(cell)
	}
	return r.Write(cells)
}

func (r *csvRows) end() error {
	r.Flush()
	return r.Error()
}

func roleNames(refs []org.RoleRef) string {
	return strings.Join(each(refs, func(r *org.RoleRef) string { return r.Name }), " ")
}

// Inert keeps a spreadsheet from taking a cell for a formula.
func Inert(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
