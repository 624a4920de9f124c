package web

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

// wantsLines reports whether the client wants a list row by row, with a last row that marks it as complete.
func (c *call) wantsLines() bool {
	accept := strings.Join(c.request().Header.Values("Accept"), ",")
	return strings.Contains(accept, "ndjson") && quality(accept, typeNDJSON) > max(quality(accept, typeJSON), quality(accept, "text/html"))
}

// endLines writes the last row, without which a list is not complete.
func endLines(out *sink, count int) error {
	out.scratch = append(strconv.AppendInt(append(out.scratch[:0], `{"complete":true,"count":`...), int64(count), 10), "}\n"...)
	_, err := out.Write(out.scratch)
	return err
}

// evidenceHead has the columns of the who-can file: who, by which role, and who asked what when.
var evidenceHead = []string{
	"id", "username", "name", "email", "status", "member", "suspended", "kind", "via_role", "level", "from", "until",
	"question", "own", "organization", "revision", "asked_at", "asked_by",
}

// everybody streams everyone who may do something: rows of JSON, or a file. The last row says that it is complete.
func (s *Server) everybody(c *call, q org.Question) *stream {
	if c.csv {
		return &stream{long: true, file: s.fileName(c, "who-can", "csv"), write: func(out *sink) error {
			t := newTable(out, evidenceHead...)
			count := 0
			what, when, by := q.ResourceType+":"+q.Action, csvTime(c.now()), c.actor.User.Username
			err := s.eachWhoCan(c, org.Everybody{Question: q, Whole: true}, func(p *org.AblePerson, r *client.Reason) error {
				count++
				for _, via := range r.AllowedBy { // a row for each role, since each is removed separately
					kind := "role"
					if via.OrganizationID == uuid.Nil {
						kind = "site_role"
					}
					row := []string{
						p.UserID.String(), p.Username, p.Name, p.Email, string(p.Status), strconv.FormatBool(p.Member), strconv.FormatBool(p.Suspended()),
						kind, via.Name, r.Level, sourcesOf(p.Records, via), csvEnd(p.Until),
						what, strconv.FormatBool(q.Own), c.organization(), revisionText(p.Revision), when, by,
					}
					if err := t.add(row...); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			// All rows have the same number of cells, or readers of CSV would reject the file.
			last := make([]string, len(evidenceHead))
			last[0], last[1] = "#complete", strconv.Itoa(count)
			if err := t.add(last...); err != nil {
				return err
			}
			return t.end()
		}}
	}
	return &stream{long: true, contentType: typeNDJSON, write: func(out *sink) error {
		count := 0
		reasons := map[*client.Reason][]byte{}
		err := s.eachWhoCan(c, org.Everybody{Question: q}, func(p *org.AblePerson, r *client.Reason) error {
			count++
			told, ok := reasons[r]
			if !ok {
				var err error
				if told, err = json.Marshal(r); err != nil {
					return err
				}
				reasons[r] = told
			}
			out.scratch = appendAble(out.scratch[:0], p, told)
			_, err := out.Write(out.scratch)
			return err
		})
		if err != nil {
			return err
		}
		return endLines(out, count)
	}}
}

// eachWhoCan calls each for everyone who may, with the reason. Equal reasons share one value. The cost is only known at
// the end.
func (s *Server) eachWhoCan(c *call, in org.Everybody, each func(*org.AblePerson, *client.Reason) error) error {
	reasons := map[*org.Answer]*client.Reason{}
	count := 0
	err := s.insight.EachWhoCan(c.ctx, c.actor, c.organization(), in, func(p *org.AblePerson) error {
		r := reasons[p.Answer]
		if r == nil {
			told := wireAnswer(p.Answer)
			r = &told
			reasons[p.Answer] = r
		}
		count++
		return each(p, r)
	})
	c.decided(count, 0)
	c.oweDecisions(count / rowsADecision)
	return err
}

// sourcesOf returns the sources of the records that give a role, "" if there are none, as for a role that everyone has.
func sourcesOf(records []org.Assignment, role client.RoleRef) string {
	var list []string
	for i := range records {
		if r := &records[i]; r.Role == role.Name && r.OrganizationID == role.OrganizationID && !slices.Contains(list, string(r.Source)) {
			list = append(list, string(r.Source))
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// revisionText writes a revision for a file, empty if the caller may not know it.
func revisionText(revision int64) string {
	if revision == 0 {
		return ""
	}
	return strconv.FormatInt(revision, 10)
}

// appendAble writes a row, as encoding/json would write a client.AblePerson. reason is an object.
func appendAble(b []byte, p *org.AblePerson, reason []byte) []byte {
	b = appendString(append(b, `{"user_id":`...), p.UserID.String())
	b = appendString(append(b, `,"username":`...), p.Username)
	b = appendString(append(b, `,"name":`...), p.Name)
	b = appendString(append(b, `,"email":`...), p.Email)
	b = appendString(append(b, `,"status":`...), string(p.Status))
	b = strconv.AppendBool(append(b, `,"member":`...), p.Member)
	if p.Suspended() {
		b = append(b, `,"suspended":true`...)
	}
	if !p.Until.IsZero() {
		b = appendTime(append(b, `,"until":`...), p.Until)
	}
	return append(append(append(b, ','), reason[1:]...), '\n')
}

// organizationsWhere streams the organizations where an account may do something.
func (s *Server) organizationsWhere(c *call) (reply, error) {
	q := c.query()
	resourceType, action, ok := strings.Cut(q.text("can"), ":")
	if !ok {
		q.addError("can", `Query param "can" must be a permission such as "organization:read"`)
	}
	question := org.Question{ResourceType: resourceType, Action: action, Own: q.flag("own")}
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	lines, count := c.wantsLines(), 0
	list := &stream{long: true, write: func(out *sink) error {
		err := s.insight.EachOrganization(c.ctx, c.actor, c.user(), question, func(o *org.Organization) error {
			row, err := json.Marshal(wireOrganization(o))
			if err != nil {
				return err
			}
			out.scratch = out.scratch[:0]
			switch {
			case lines:
				row = append(row, '\n')
			case count == 0:
				out.scratch = append(out.scratch, '[')
			default:
				out.scratch = append(out.scratch, ',')
			}
			count++
			out.scratch = append(out.scratch, row...)
			_, err = out.Write(out.scratch)
			return err
		})
		c.oweDecisions(count / rowsADecision)
		switch {
		case err != nil:
			return err
		case lines:
			return endLines(out, count)
		case count == 0:
			_, err = out.WriteString("[]\n")
		default:
			_, err = out.WriteString("]\n")
		}
		return err
	}}
	if lines {
		list.contentType = typeNDJSON
	}
	return reply{stream: list}, nil
}
