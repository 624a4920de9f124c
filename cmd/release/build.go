package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// source is a working tree of the repository.
type source struct{ dir string }

func (s source) read(path string) ([]byte, error) { return os.ReadFile(filepath.Join(s.dir, path)) }

// output runs a command in the working tree, with more in its environment.
func (s source) output(ctx context.Context, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Stderr, c.Env = s.dir, os.Stderr, append(os.Environ(), env...)
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(c.Args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// commit is the commit that is checked out.
type commit struct {
	time time.Time
	tag  string // "" if there is none
}

// commit returns the checked-out commit. It fails if there are uncommitted changes: no one else could build the same.
func (s source) commit(ctx context.Context) (c commit, err error) {
	changed, err := s.output(ctx, nil, "git", "status", "--porcelain")
	if err != nil {
		return c, err
	}
	if changed != "" {
		return c, fmt.Errorf("there are changes that are not committed:\n%s", changed)
	}
	// The committer's time, not the author's: only that one increases along a branch.
	stamp, err := s.output(ctx, nil, "git", "log", "-1", "--format=%ct")
	if err != nil {
		return c, err
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return c, err
	}
	c.time = time.Unix(seconds, 0).UTC()
	c.tag, err = s.output(ctx, nil, "git", "tag", "--points-at", "HEAD", "--list", "v*")
	return c, err
}

// build compiles the program for each target, and returns the bytes of each. The Go command records the commit and the tag in
// them, whatever the settings of this machine say.
func (s source) build(ctx context.Context, room string, targets []target) (map[target][]byte, error) {
	room, err := filepath.Abs(room)
	if err != nil {
		return nil, err
	}
	programs := map[target][]byte{}
	for _, t := range targets {
		path := filepath.Join(room, t.String())
		// Everything in the environment that affects the compiler. An empty GOFLAGS would not override the settings.
		env := []string{"CGO_ENABLED=0", "GOOS=" + t.system, "GOARCH=" + t.machine, "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off", "GOFLAGS=-trimpath"}
		if _, err := s.output(ctx, env, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", path, "./cmd/rolecall"); err != nil {
			return nil, err
		}
		if programs[t], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// ask runs the program for this machine, and gets its version, its manual and its completions from it. build must have put it
// into room.
func (r *release) ask(ctx context.Context, programs map[target][]byte, room string) error {
	here := target{runtime.GOOS, runtime.GOARCH}
	if programs[here] == nil {
		return fmt.Errorf("no program is made for %s, and another one cannot be asked here", here)
	}
	path := filepath.Join(room, here.String())
	// The version in the names of files comes from the program, so the two cannot differ.
	out, err := r.source.output(ctx, nil, path, "version", "--json")
	if err != nil {
		return err
	}
	var said struct{ Version string }
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		return err
	}
	switch r.version = said.Version; {
	case r.tag != "" && r.version != r.tag:
		return fmt.Errorf("the program says %s, the tag %s", r.version, r.tag)
	case r.tag == "" && !strings.Contains(r.version, "+"):
		return fmt.Errorf("the program says %s, which names no commit", r.version)
	}
	man := filepath.Join(room, "man")
	// The pages contain a date. It must be that of the commit, not today.
	if _, err := r.source.output(ctx, []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.time.Unix())}, path, "man", "--dir", man); err != nil {
		return err
	}
	pages, err := filepath.Glob(filepath.Join(man, "*.1"))
	if err != nil || len(pages) == 0 {
		return errors.Join(errors.New("there are no manual pages"), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		r.pages = append(r.pages, file{name: "man/" + filepath.Base(page), mode: 0o644, body: text})
	}
	// Completions ask the program while people type, so they are the same for every system.
	for _, shell := range []string{"bash", "zsh", "fish"} {
		text, err := r.source.output(ctx, nil, path, "completion", shell)
		if err != nil {
			return err
		}
		r.pages = append(r.pages, file{name: "completion/" + shell, mode: 0o644, body: []byte(text + "\n")})
	}
	return nil
}

// clientPackage adds the package for TypeScript, which another program packs into a folder. For a release, its version must be
// that of the release.
func (r *release) clientPackage(ctx context.Context, folder string, made map[string][]byte) error {
	text, err := r.source.read("client/js/package.json")
	if err != nil {
		return err
	}
	var p struct{ Version string }
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("client/js/package.json: %w", err)
	}
	if r.tag != "" && p.Version != r.bare() {
		return fmt.Errorf("client/js/package.json has version %s, the tag is %s", p.Version, r.tag)
	}
	if _, err = r.source.output(ctx, nil, "client/js/pack", folder); err != nil {
		return err
	}
	name := "rolecall-client-" + p.Version + ".tgz"
	made[name], err = os.ReadFile(filepath.Join(folder, name))
	return err
}
