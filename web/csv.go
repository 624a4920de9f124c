package web

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// csvTable writes a list as CSV (RFC 4180). The heading is written with the first row, or at the end: until then an
// error can still be sent instead.
type csvTable struct {
	*csv.Writer
	head []string // nil once it is written
}

func newTable(out *sink, head ...string) *csvTable {
	t := &csvTable{csv.NewWriter(out), head}
	t.UseCRLF = true
	return t
}

func (t *csvTable) begin() error {
	head := t.head
	if t.head = nil; head == nil {
		return nil
	}
	return t.Write(head)
}

// add writes a row, with cells that spreadsheets do not treat as formulas.
func (t *csvTable) add(cells ...string) error {
	if err := t.begin(); err != nil {
		return err
	}
	for i, cell := range cells {
		cells[i] = Inert(cell)
	}
	return t.Write(cells)
}

func (t *csvTable) end() error {
	if err := t.begin(); err != nil {
		return err
	}
	t.Flush()
	return t.Error()
}

// Inert keeps a spreadsheet from treating a cell as a formula.
func Inert(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

func csvTime(t time.Time) string { return wireTime(t).Format(time.RFC3339Nano) }

// csvEnd returns the time at which something ends, empty if it does not end.
func csvEnd(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return csvTime(t)
}

// csvStream sends the rows that rows adds one by one, as a file.
func (s *Server) csvStream(c *call, name string, head []string, rows func(add func(cells ...string) error) error) *stream {
	return &stream{long: true, contentType: "text/csv; charset=utf-8", file: s.fileName(c, name, "csv"), write: func(out *sink) error {
		t := newTable(out, head...)
		if err := rows(t.add); err != nil {
			return err
		}
		return t.end()
	}}
}

// fileTag is the number of characters of a tag in the name of a file.
const fileTag = 8

// fileName names the file of a list by the organization, the day, and a tag of the state of the data. The tag is not a
// revision number, which would reveal the time of the last write.
func (s *Server) fileName(c *call, name, extension string) string {
	parts := []string{name}
	if o := strings.Map(inFileName, c.organization()); o != "" {
		parts = append(parts, o)
	}
	parts = append(parts, s.Now().UTC().Format(time.DateOnly))
	if state, err := s.state(c); err == nil && state != "" { // without a state, the list itself fails in the same way
		tag := strings.Map(inFileName, s.answers.tag(cacheKey{state: state}))
		parts = append(parts, tag[:min(fileTag, len(tag))])
	}
	return strings.Join(parts, "-") + "." + extension
}

// inFileName drops characters that a header or a file system does not allow.
func inFileName(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
		return r
	}
	return -1
}

// userTable sends accounts, which users passes one by one with the sources of their roles, as a file.
func (s *Server) userTable(c *call, users func(each func(*org.User) error) error) *stream {
	head := []string{
		"id", "username", "name", "email", "status", "login_type", "is_service_account", "roles", "created_at", "updated_at", "last_seen_at",
		"organization_ids", "next_end", "sources",
	}
	return s.csvStream(c, "users", head, func(add func(cells ...string) error) error {
		return users(func(u *org.User) error {
			return add(u.ID.String(), u.Username, u.Name, u.Email, string(u.Status), u.LoginType, strconv.FormatBool(u.MadeForService()), roleNames(u.Roles),
				csvTime(u.CreatedAt), csvTime(u.UpdatedAt), csvTime(u.LastSeenAt), strings.Join(each(u.OrganizationIDs, func(id *uuid.UUID) string { return id.String() }), " "),
				csvEnd(u.NextEnd), strings.Join(u.Sources, " "))
		})
	})
}

// roleTable sends roles as a file, with a row for each permission. A role without permissions has one row.
func (s *Server) roleTable(c *call, roles []org.Role) *stream {
	head := []string{"role", "display_name", "organization_id", "built_in", "level", "resource_type", "action", "effect"}
	return s.csvStream(c, "roles", head, func(add func(cells ...string) error) error {
		for i := range roles {
			r := &roles[i]
			row := func(level string, p rbac.Permission, effect string) error {
				return add(r.Name, r.DisplayName, idOrNothing(r.OrganizationID), strconv.FormatBool(r.BuiltIn), level, p.ResourceType, p.Action, effect)
			}
			if len(r.Site)+len(r.Organization)+len(r.User) == 0 {
				if err := row("", rbac.Permission{}, ""); err != nil {
					return err
				}
			}
			for _, level := range []struct {
				name string
				list []rbac.Permission
			}{{"site", r.Site}, {"organization", r.Organization}, {"user", r.User}} {
				for _, p := range level.list {
					effect := "allow"
					if p.Negate {
						effect = "deny"
					}
					if err := row(level.name, p, effect); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}
