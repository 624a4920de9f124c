// Command release builds what people install from the commit that is checked out: archives for five systems, packages for
// Debian, images for containers, the package for TypeScript, lists of all parts, checksums, and the notes of the release.
// The same commit and the same version of Go give the same bytes, on any machine and at any time.
//
//	go run ./cmd/release [-into dist]
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	into := flags.String("into", "dist", "the folder to make anew, with everything in it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	src := source{"."}
	commit, err := src.commit(ctx)
	if err != nil {
		return err
	}
	room, err := os.MkdirTemp("", "release-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(room)
	programs, err := src.build(ctx, room, targets)
	if err != nil {
		return err
	}
	r := release{source: src, time: commit.time, tag: commit.tag}
	if err := r.ask(ctx, programs, room); err != nil {
		return err
	}
	made, err := r.all(programs)
	if err != nil {
		return err
	}
	if err := r.clientPackage(ctx, filepath.Join(room, "client"), made); err != nil {
		return err
	}
	return store(*into, made, out)
}

// target is a system that files are made for.
type target struct{ system, machine string }

func (t target) String() string { return t.system + "-" + t.machine }

var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

// release holds what the files of one version are made from.
type release struct {
	source  source
	version string    // as the program says it
	tag     string    // "" for a build that is no release
	time    time.Time // of the commit, and so of every file in an archive
	pages   []file    // manual pages, and completions for shells
}

// bare returns the version as in names of files and packages, without the v.
func (r *release) bare() string { return strings.TrimPrefix(r.version, "v") }

// all makes every file but the package for TypeScript. programs has the bytes of the program for each target.
func (r *release) all(programs map[target][]byte) (map[string][]byte, error) {
	made := map[string][]byte{}
	var faults []error
	keep := func(name string, content []byte, err error) {
		made[name] = content
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	notes, err := r.notes()
	keep("release-notes.md", notes, err)
	for t, program := range programs {
		name := "rolecall-" + r.bare() + "-" + t.String()
		archive, err := r.archive(t, program)
		keep(name+map[bool]string{false: ".tar.gz", true: ".zip"}[t.system == "windows"], archive, err)
		parts, err := r.parts(program)
		keep(name+".cdx.json", parts, err)
		if t.system != "linux" {
			continue
		}
		deb, err := r.debian(t, program)
		keep("rolecall_"+debianVersion(r.bare())+"_"+t.machine+".deb", deb, err)
		image, err := r.image(t, program)
		keep(name+"-oci.tar", image, err)
	}
	return made, errors.Join(faults...)
}

// store replaces the folder by one with the files and their checksums. It comes last, when everything has been made.
func store(into string, made map[string][]byte, out io.Writer) error {
	if err := errors.Join(os.RemoveAll(into), os.MkdirAll(into, 0o755)); err != nil { //nolint:gosec // they are for everybody
		return err
	}
	var sums bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(made)) {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(made[name]), name)
		fmt.Fprintf(out, "%10d  %s\n", len(made[name]), name)
	}
	made["SHA256SUMS"] = sums.Bytes()
	for name, content := range made {
		if err := os.WriteFile(filepath.Join(into, name), content, 0o644); err != nil { //nolint:gosec // likewise
			return err
		}
	}
	return nil
}

// notes returns what the changelog says about this version.
func (r *release) notes() ([]byte, error) {
	text, err := r.source.read("CHANGELOG.md")
	if err != nil {
		return nil, err
	}
	return notesFrom(string(text), r.bare(), r.tag != "")
}

// notesFrom returns the section of a version from a changelog; for a build that is no release, the topmost section. A release
// needs a section of its own, with a date.
func notesFrom(changelog, version string, released bool) ([]byte, error) {
	var section strings.Builder
	within := false
	for line := range strings.Lines(changelog) {
		if heading, ok := strings.CutPrefix(line, "## ["); ok {
			if within {
				break
			}
			name, day, _ := strings.Cut(strings.TrimSpace(heading), "]")
			within = name == version || !released
			if _, err := time.Parse(" - "+time.DateOnly, day); within && released && err != nil {
				return nil, fmt.Errorf("section %s has no day, as in \"## [%s] - 2026-11-30\"", version, version)
			}
		}
		if within {
			section.WriteString(line)
		}
	}
	if !within {
		return nil, fmt.Errorf("the changelog has no section %s", version)
	}
	return []byte(strings.TrimSpace(section.String()) + "\n"), nil
}

// sorted returns the files in the order of their names.
func sorted(files []file) []file {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files
}
