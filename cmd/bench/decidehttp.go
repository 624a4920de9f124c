package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// somebody returns the username of a person of the crowd who is not suspended.
func somebody(n int) string {
	// The crowd has these suspended; a check about one of them is answered without looking at roles.
	if n%31 == 0 {
		n++
	}
	return fmt.Sprintf("person-%07d", n)
}

// checkList returns n checks about objects of the organization.
func checkList(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"c%03d":{"action":%q,"object":{"resource_type":"t%02d","organization_id":"ORGANIZATION"}}`, i, doings[i/manyTypes%len(doings)], i%manyTypes)
	}
	return `"checks":{` + strings.Join(list, ",") + `}`
}

// evaluations returns n AuthZEN questions about one person.
func evaluations(n int) string {
	one := func(i int) string {
		return fmt.Sprintf(`"action":{"name":%q},"resource":{"type":"t%02d","id":"1","properties":{"organization":"default"}}`, doings[i/manyTypes%len(doings)], i%manyTypes)
	}
	subject := fmt.Sprintf(`{"subject":{"type":"user","id":%q},`, somebody(5))
	// One question has an endpoint of its own, which takes no list.
	if n == 1 {
		return subject + one(0) + "}"
	}
	list := make([]string, n)
	for i := range list {
		list[i] = "{" + one(i) + "}"
	}
	return subject + `"evaluations":[` + strings.Join(list, ",") + "]}"
}

// crowdNames returns the usernames of n people of the crowd, from a number on.
func crowdNames(from, n int) string {
	list := make([]string, n)
	for i := range list {
		// Every second one, so that the person who replaces a suspended one is not named twice.
		list[i] = fmt.Sprintf("%q", somebody(from+2*i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// measureAsking measures checks over HTTP. The compared requests take turns.
func (s *server) measureAsking(ctx context.Context, o decideOptions) error {
	post := func(path, body string) [][]byte { return [][]byte{request("POST", path, asJSON, s.token, body)} }
	named := func(n int) string { return strings.ReplaceAll(checkList(n), "ORGANIZATION", "default") }
	home, err := s.organizationID()
	if err != nil {
		return err
	}
	// A question about the caller has the form of Coder's API, which names an organization only by its id.
	own := func(n int) string { return "{" + strings.ReplaceAll(checkList(n), "ORGANIZATION", home) + "}" }
	about := func(n int) string { return fmt.Sprintf(`{"user":%q,%s}`, somebody(5), named(n)) }
	targets := []*target{
		{name: ownOne, requests: post("/api/v2/authcheck", own(1))}, {name: otherOne, requests: post("/api/v2/authcheck", about(1))},
		{name: ownMany, requests: post("/api/v2/authcheck", own(100))}, {name: otherMany, requests: post("/api/v2/authcheck", about(100))},
		{name: accessOne, requests: post("/access/v1/evaluation", evaluations(1))}, {name: accessMany, requests: post("/access/v1/evaluations", evaluations(100))},
	}
	// In turns, so that a slow phase of the machine affects all of them.
	for range o.rounds {
		for _, t := range targets {
			t.address, t.clients = s.address, o.clients
			if err := t.measure(ctx, o.turn); err != nil {
				return err
			}
		}
	}
	for _, t := range targets {
		s.note(t.name, "/s", median(t.rates))
	}
	warm := &target{name: warmCrowd, address: s.address, requests: post("/api/v2/authcheck", fmt.Sprintf(`{"subjects":%s,%s}`, crowdNames(5, 100), named(10)))}
	cold := &target{name: coldCrowd, address: s.address, inTurn: true}
	for i := range 10 { // one warms up the connection, and none comes twice
		cold.requests = append(cold.requests, request("POST", "/api/v2/authcheck", asJSON, s.token, fmt.Sprintf(`{"subjects":%s,%s}`, crowdNames(1000+300*i, 100), named(1))))
	}
	for t, most := range map[*target]int{warm: 50, cold: 8} {
		if err := t.sample(ctx, most, time.Minute); err != nil {
			return err
		}
		s.note(t.name, "ms", ms(median(t.times)))
	}
	return nil
}

// organizationID returns the id of the default organization.
func (s *server) organizationID() (string, error) {
	var o struct{ ID string }
	return o.ID, s.read("/api/v2/organizations/default", &o)
}

// measureInARow asks a server with its default limits about one person after the other, as fast as it answers.
func (l *lab) measureInARow(ctx context.Context, s *server) error {
	// The other measurements run without limits, or they would measure those.
	limited := &server{members: s.members, database: s.database, token: s.token}
	s.stop()
	_, err := l.startServer(ctx, limited, "--rate-limit", "600", "--check-rate-limit", "60000")
	if err == nil {
		var answered int
		answered, err = limited.inARow(10_000)
		s.note(inARow, "", float64(answered))
		limited.stop()
	}
	if err != nil {
		return err
	}
	_, err = l.startServer(ctx, s)
	return err
}

// inARow sends n checks over one connection, and returns how many were answered.
func (s *server) inARow(n int) (int, error) {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	r, body, answered := bufio.NewReader(c), bytes.Buffer{}, 0
	for i := range n {
		ask := fmt.Sprintf(`{"user":%q,%s}`, somebody(i%1000), strings.ReplaceAll(checkList(1), "ORGANIZATION", "default"))
		switch err := exchange(c, r, request("POST", "/api/v2/authcheck", asJSON, s.token, ask), &body); {
		case err == nil:
			answered++
		// A check refused by the limit counts as not answered; any other error is a fault.
		case !strings.Contains(err.Error(), "429"):
			return answered, err
		}
	}
	return answered, nil
}

// measureWho measures the list of everyone who may do something that very many people may do.
func (s *server) measureWho(ctx context.Context, rounds int) error {
	const path = organization + "/who-can?resource_type=t03&action=see"
	all := s.get(path+"&n="+fresh, "Accept: application/x-ndjson\r\n")
	var firsts, times []time.Duration
	for range min(3, rounds) {
		first, took, err := download(s.address, all)
		if err != nil {
			return err
		}
		firsts, times = append(firsts, first), append(times, took)
	}
	s.note(whoAll, "ms", ms(median(times)))
	s.note(whoFirst, "ms", ms(median(firsts)))
	// A page also has the exact number of all.
	t := &target{name: whoPage, address: s.address, requests: [][]byte{s.get(path+"&limit=1000&n="+fresh, asJSON)}}
	if err := t.sample(ctx, 5*rounds, time.Minute); err != nil {
		return err
	}
	s.note(whoPage, "ms", ms(median(t.times)))
	return nil
}
