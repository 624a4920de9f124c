package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"rolecall.example/org/services"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// company is an invented organization. Its roles, and who holds them, are those of the cast.
type company struct {
	name, display, description string
	domain                     string
	founded                    int // days ago
	hired                      int // its own members; for the first company, set by the flag
	borrowed                   int // of ten thousand people of the first company, how many are also members here
}

// companies are the organizations of the demo. The first is the default one.
var companies = []company{
	{
		name: "default", display: "Acme Robotics", domain: "acme.example", founded: 1460,
		description: "Robots for warehouses, and the people who build them.",
	},
	{
		name: "acme-labs", display: "Acme Labs", domain: "labs.acme.example", founded: 900, hired: 60, borrowed: 1500,
		description: "Research: arms, grippers, and walking.",
	},
	{
		name: "northwind-trading", display: "Northwind Trading", domain: "northwind.example", founded: 400, hired: 46, borrowed: 0,
		description: "Buys the robots.",
	},
}

// seed fills a database with the data of the demo: the people in bulk, and everything else through the use cases, which
// also write the audit trail. Its clock follows the invented history. People bypass the use cases because each of those
// commits.
type seed struct {
	org   *services.Service
	owner *org.Actor
	today time.Time
	clock time.Time
	crowd *crowd
	orgs  []uuid.UUID // of companies
	ids   uint64      // the number of ids made so far
	show  func(done, total int64)
	cast  cast
	hash  string // of the password, which is the same for all, so that the demo can be seen as anyone
}

// sow fills d and returns the credentials. catalog is nil for the default one. It reports its progress to show. The
// order matters: people need organizations and roles, and the token comes last so that it is the newest.
func sow(ctx context.Context, d *db.DB, catalog *rbac.Catalog, members int, show func(done, total int64)) (k key, err error) {
	s := &seed{show: show, today: time.Now().UTC().Truncate(time.Microsecond), crowd: newCrowd()}
	s.org = services.New(d, services.Options{Now: func() time.Time { return s.clock }, Catalog: catalog})
	if s.cast, err = castOf(catalog); err != nil {
		return k, err
	}
	k = key{Email: "ada@acme.example", Password: strings.ToLower(rand.Text()[:16])}
	if err := s.found(ctx, k); err != nil {
		return k, err
	}
	if err := d.Fill(ctx, func(q *db.Queries) error { return s.hire(ctx, q, members) }); err != nil {
		return k, err
	}
	show(1, 1)
	s.clock = s.today
	k.Token, _, err = s.org.CreateToken(ctx, s.owner, "me", org.Given(org.TokenInput{Name: "demo"}))
	return k, err
}

// found creates the owner, the organizations and their custom roles.
func (s *seed) found(ctx context.Context, k key) error {
	s.daysAgo(companies[0].founded + 1) // before everything else, at any hour
	r := org.Request{ID: uuid.NewString(), IP: "127.0.0.1", UserAgent: "rolecall demo"}
	ada, first, err := s.org.CreateFirstUser(ctx, r, org.Given(org.FirstUser{Email: k.Email, Username: "ada", Name: "Ada Quinn", Password: k.Password}), nil)
	if err != nil {
		return err
	}
	if s.owner, err = s.org.UserSubject(ctx, ada.ID); err != nil {
		return err
	}
	s.owner = s.owner.WithRequest(r)
	return s.settle(ctx, first)
}

// settle creates the organizations and their roles in the order of their days, because the audit trail is shown in the
// order in which it was written.
func (s *seed) settle(ctx context.Context, first org.Organization) error {
	type event struct {
		day  int
		make func() error
	}
	var events []event
	s.orgs = make([]uuid.UUID, len(companies))
	for i, c := range companies {
		events = append(events, event{c.founded, func() error { return s.settleOne(ctx, i, first) }})
		roles := s.cast.Companies[i].Roles
		for j, r := range roles {
			day := c.founded * (len(roles) - j) / (len(roles) + 1)
			events = append(events, event{day, func() error { return s.createRole(ctx, c.name, r) }})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return b.day - a.day })
	for _, e := range events {
		s.daysAgo(e.day)
		if err := e.make(); err != nil {
			return err
		}
	}
	return nil
}

// settleOne creates the i-th organization. The first one exists already and gets its name.
func (s *seed) settleOne(ctx context.Context, i int, first org.Organization) (err error) {
	c, o := companies[i], first
	input := org.Given(org.OrganizationInput{Name: c.name, DisplayName: c.display, Description: &c.description})
	if i == 0 {
		o, err = s.org.UpdateOrganization(ctx, s.owner, c.name, input, nil)
	} else {
		o, err = s.org.CreateOrganization(ctx, s.owner, input)
	}
	s.orgs[i] = o.ID
	return err
}

func (s *seed) createRole(ctx context.Context, organization string, p part) error {
	in, err := p.input()
	if err != nil {
		return err
	}
	_, err = s.org.PutRole(ctx, s.owner, org.In(organization), org.Given(in))
	return err
}

// hire inserts all people in one transaction.
func (s *seed) hire(ctx context.Context, q *db.Queries, members int) (err error) {
	if s.hash, err = q.GetPasswordHash(ctx, s.owner.ID()); err != nil {
		return err
	}
	for i, c := range companies {
		people := c.hired
		if i == 0 {
			people = members - 1 // Ada exists already
		}
		for n, p := range s.staff(i, people) {
			if i == 0 {
				s.show(int64(n), int64(people)*6/5) // the rest is for the index
			}
			// Users come before their memberships, which refer to them.
			user, err := s.account(ctx, q, c, p)
			if err != nil {
				return err
			}
			if err := s.join(ctx, q, i, user); err != nil {
				return err
			}
			for other := range companies {
				// More hired people means a smaller share to borrow, so the small companies stay small at every size.
				if i == 0 && s.crowd.rng.IntN(10_000) < companies[other].borrowed*1284/members {
					if err := s.join(ctx, q, other, user); err != nil {
						return err
					}
				}
			}
		}
	}
	// Nothing else tells the caches about the new rows.
	return q.BumpRevision(ctx, time.Now().UnixMicro())
}

// staff returns n people of a company, sorted by username: inserting in the order of the indexes takes a third of the
// time. The oddities and the programs work for the first company.
func (s *seed) staff(company, n int) []person {
	list := slices.Clone(acquaintances[company])
	if company == 0 {
		list = slices.Concat(list, oddities, programs)
	}
	for len(list) < n {
		list = append(list, s.crowd.next())
	}
	list = list[:n]
	slices.SortFunc(list, func(a, b person) int { return strings.Compare(org.FoldCase(a.username), org.FoldCase(b.username)) })
	return list
}

// hired is a user who is about to join organizations.
type hired struct {
	id    uuid.UUID
	key   string // of its username
	since time.Time
}

// account inserts a user and its site roles.
func (s *seed) account(ctx context.Context, q *db.Queries, c company, p person) (hired, error) {
	rng := s.crowd.rng
	// The smaller of two draws: growing companies have more new people than old ones.
	h := hired{id: s.id(), key: org.FoldCase(p.username), since: s.daysAgo(min(rng.IntN(c.founded), rng.IntN(c.founded)))}
	email := p.username + "@" + c.domain
	params := db.InsertUserParams{
		ID: h.id, Username: p.username, UsernameKey: h.key, Email: email, EmailKey: org.FoldCase(email),
		Name: p.name, NameKey: org.FoldCase(p.name), SearchKey: unit.SearchKey(p.username, p.name, email),
		Status: string(org.StatusActive), LoginType: org.LoginPassword, Now: h.since,
	}
	lot := rng.IntN(1000)
	switch {
	// Programs have tokens and no password, and are neither suspended nor dormant.
	case p.service:
		params.LoginType = org.LoginNone
	case lot < 35:
		params.Status = string(org.StatusSuspended)
	case lot < 60:
		params.Status = string(org.StatusDormant)
	}
	if params.LoginType == org.LoginPassword {
		params.PasswordHash = s.hash
	}
	if params.Status != string(org.StatusDormant) {
		params.LastSeenAt = sql.NullTime{Time: s.after(s.after(s.after(h.since))), Valid: true} // for most of them, recently
	}
	if err := q.InsertUser(ctx, params); err != nil {
		return h, err
	}
	for _, role := range s.draw(s.cast.Site, params.Status != string(org.StatusActive) || p.service) {
		if err := q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: string(org.SourceManual), Now: h.since, UserID: h.id, Role: role}); err != nil {
			return h, err
		}
	}
	return h, nil
}

// join makes a user a member of a company, with roles.
func (s *seed) join(ctx context.Context, q *db.Queries, company int, h hired) error {
	id, since := s.orgs[company], h.since
	// No one joins a company before it was founded.
	if founded := s.today.AddDate(0, 0, -companies[company].founded); founded.After(since) {
		since = s.after(founded)
	}
	err := q.Join(ctx, id, h.id, since)
	if err != nil {
		return err
	}
	roles := s.draw(s.cast.Companies[company].Mix, false)
	for _, role := range roles {
		if err := q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: string(org.SourceManual), Now: since, OrganizationID: id, Role: role, UsernameKey: h.key, UserID: h.id}); err != nil {
			return err
		}
	}
	// A member who never had a role was never changed, so its version stays the first.
	if len(roles) == 0 {
		return nil
	}
	return q.TouchMember(ctx, db.TouchMemberParams{OrganizationID: id, UsernameKey: h.key, Now: s.after(since)})
}

// draw picks roles by their shares. Some people get none.
func (s *seed) draw(mix []share, none bool) (roles []string) {
	for _, m := range mix {
		if s.crowd.rng.IntN(1000) < m.Mille && !none {
			roles = append(roles, m.Role)
		}
	}
	return roles
}

// daysAgo sets the clock to some time of a day in the past, and returns it.
func (s *seed) daysAgo(n int) time.Time {
	s.clock = s.today.AddDate(0, 0, -n).Add(-time.Duration(s.crowd.rng.Int64N(int64(24 * time.Hour)))).Truncate(time.Microsecond)
	return s.clock
}

// after returns a random time between then and today.
func (s *seed) after(then time.Time) time.Time {
	return then.Add(time.Duration(s.crowd.rng.Int64N(int64(s.today.Sub(then)) + 1))).Truncate(time.Microsecond)
}

// id returns a uuid that is the same in every demo, and greater than the one before, like the ids of the server.
func (s *seed) id() uuid.UUID {
	var b uuid.UUID
	s.ids++
	binary.BigEndian.PutUint64(b[:], (1_700_000_000_000+s.ids)<<16)
	binary.BigEndian.PutUint64(b[8:], s.crowd.rng.Uint64())
	b[6], b[8] = 0x70, b[8]&0x3f|0x80
	return b
}
