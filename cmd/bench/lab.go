package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// lab is the servers under measurement and what is asked of them.
type lab struct {
	dir         string
	children    []*exec.Cmd
	targets     []*target
	comparisons []comparison
}

// server is a running demo: the real binary over a database of its own.
type server struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

func (s server) address() string { return strings.TrimPrefix(s.URL, "http://") }

// setUp builds the server, starts it over both databases, and starts the ceiling with a page that it answered. The lab
// must be torn down, also after an error.
func setUp(ctx context.Context) (*lab, error) {
	l := &lab{}
	var err error
	if l.dir, err = os.MkdirTemp("", "rolecall-bench-"); err != nil {
		return l, err
	}
	binary := filepath.Join(l.dir, "rolecall")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "rolecall/cmd/rolecall")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return l, fmt.Errorf("build: %w", err)
	}
	small, err := l.startDemo(binary, 10_000)
	if err != nil {
		return l, err
	}
	large, err := l.startDemo(binary, 100_000)
	if err != nil {
		return l, err
	}
	sample := &target{address: small.address()}
	page, err := sample.once(request("GET", members+"?limit=25", small.Token, ""))
	if err != nil {
		return l, err
	}
	self, err := os.Executable()
	if err != nil {
		return l, err
	}
	out, err := l.start(bytes.NewReader(page), self, "-ceiling")
	if err != nil {
		return l, err
	}
	ceiling, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return l, fmt.Errorf("ceiling: %w", err)
	}
	return l, l.aim(strings.TrimSpace(ceiling), small, large)
}

func (l *lab) startDemo(binary string, size int) (s server, err error) {
	// Requests are logged, as a server in production logs them.
	out, err := l.start(nil, binary, "demo", "--verbose", "--json", "--http-address", "127.0.0.1:0", "--members", fmt.Sprint(size))
	if err != nil {
		return s, err
	}
	if err := json.NewDecoder(out).Decode(&s); err != nil {
		return s, fmt.Errorf("demo with %d members did not start: %w", size, err)
	}
	return s, nil
}

func (l *lab) start(in io.Reader, name string, args ...string) (io.Reader, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l.children = append(l.children, cmd)
	return out, nil
}

// tearDown stops what was started and removes what was made.
func (l *lab) tearDown() {
	for _, c := range l.children {
		_ = c.Process.Signal(syscall.SIGTERM)
	}
	for _, c := range l.children {
		_ = c.Wait()
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
}

const (
	organization = "/api/v2/organizations/default"
	members      = organization + "/paginated-members"
)

// checks asks two questions, one that is answered yes and one no.
const checks = `{"checks":{"read":{"object":{"resource_type":"organization_member","any_org":true},"action":"read"},` +
	`"none":{"object":{"resource_type":"workspace_dormant"},"action":"ssh"}}}`

// aim writes down what is measured, and against what.
func (l *lab) aim(ceiling string, small, large server) error {
	few, err := small.people()
	if err != nil {
		return err
	}
	many, err := large.people()
	if err != nil {
		return err
	}
	empty := &target{name: "an empty JSON answer of Echo", address: ceiling, requests: [][]byte{request("GET", "/empty", "", "")}}
	memory := &target{name: "a page of 25 members out of memory", address: ceiling, requests: [][]byte{request("GET", "/page", "", "")}}
	smallPage := &target{name: "paginated-members, of 10,000", address: small.address(), requests: pages(small.Token), disturb: small.assignments(few)}
	largePage := &target{name: "paginated-members, of 100,000", address: large.address(), requests: pages(large.Token), disturb: large.assignments(many)}
	roles := &target{name: "members/roles", address: large.address(), requests: [][]byte{request("GET", organization+"/members/roles", large.Token, "")}}
	check := &target{name: "authcheck", address: large.address(), requests: [][]byte{request("POST", "/api/v2/authcheck", large.Token, checks)}}
	assign := &target{name: "setting the roles of a member", address: large.address(), requests: large.assignments(many)}
	l.targets = []*target{empty, memory, smallPage, largePage, roles, check, assign}
	l.comparisons = []comparison{
		{empty, nil, 0}, {memory, nil, 0},
		{smallPage, memory, 0.2}, {largePage, memory, 0.2}, {largePage, smallPage, 0.8},
		{roles, empty, 0.25}, {check, empty, 0.25}, {assign, nil, 0},
	}
	return nil
}

// pages are the first 40 pages of members.
func pages(token string) (requests [][]byte) {
	for n := range 40 {
		requests = append(requests, request("GET", fmt.Sprintf("%s?limit=25&offset=%d", members, 25*n), token, ""))
	}
	return requests
}

// people are the ids of the first members but the caller, whose own roles are not the caller's to change.
func (s server) people() ([]string, error) {
	body, err := (&target{address: s.address()}).once(request("GET", members+"?limit=200", s.Token, ""))
	if err != nil {
		return nil, err
	}
	var list []struct {
		Members []struct {
			ID       string `json:"user_id"`
			Username string `json:"username"`
		} `json:"members"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range list[0].Members {
		if m.Username != "ada" {
			ids = append(ids, m.ID)
		}
	}
	return ids, nil
}

// assignments give people one role, then the other: nearly each request changes something.
func (s server) assignments(people []string) (requests [][]byte) {
	for i, id := range append(people, people...) {
		role := "read-only"
		if i >= len(people) {
			role = "contractor"
		}
		requests = append(requests, request("PUT", organization+"/members/"+id+"/roles", s.Token, `{"roles":["`+role+`"]}`))
	}
	return requests
}
