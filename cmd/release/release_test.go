package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hello is a small static program, built once as a release builds the real one.
var hello = sync.OnceValues(func() ([]byte, error) {
	room, err := os.MkdirTemp("", "hello-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(room)
	path := filepath.Join(room, "hello")
	c := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, "./testdata/hello")
	c.Env, c.Stderr = append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := c.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

var (
	linux   = target{"linux", runtime.GOARCH}
	windows = target{"windows", "amd64"}
)

// release010 is a release of this repository, as if it were tagged.
func release010(t *testing.T, dir string) (*release, []byte) {
	t.Helper()
	program, err := hello()
	if err != nil {
		t.Fatal(err)
	}
	pages := []file{{name: "man/rolecall.1", mode: 0o644, body: []byte(".TH ROLECALL 1\n")}}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		pages = append(pages, file{name: "completion/" + shell, mode: 0o644, body: []byte("# " + shell + "\n")})
	}
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	return &release{source: source{dir}, version: "v0.1.0-dev+33112c590d5f", time: at, pages: pages}, program
}

// The same files in another folder, with other times and modes, give the same bytes.
func TestFilesRepeat(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	for _, name := range []string{"CHANGELOG.md", "LICENSE", "THIRD_PARTY.md", "docs/deploy.md", "docs/deploy"} {
		to := filepath.Join(elsewhere, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if from := filepath.Join("../..", name); name == "docs/deploy" {
			if err := os.CopyFS(to, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
		} else if text, err := os.ReadFile(from); err != nil || os.WriteFile(to, text, 0o600) != nil {
			t.Fatal(err)
		}
	}
	var made []map[string][]byte
	for _, dir := range []string{"../..", elsewhere} {
		r, program := release010(t, dir)
		files, err := r.all(map[target][]byte{linux: program, windows: program})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, files)
	}
	if !maps.EqualFunc(made[0], made[1], bytes.Equal) {
		t.Error("the files differ")
	}
	want := []string{
		"release-notes.md", "rolecall-0.1.0-dev+33112c590d5f-" + linux.String() + "-oci.tar", "rolecall-0.1.0-dev+33112c590d5f-" + linux.String() + ".cdx.json",
		"rolecall-0.1.0-dev+33112c590d5f-" + linux.String() + ".tar.gz", "rolecall-0.1.0-dev+33112c590d5f-windows-amd64.cdx.json",
		"rolecall-0.1.0-dev+33112c590d5f-windows-amd64.zip", "rolecall_0.1.0~dev+33112c590d5f_" + linux.machine + ".deb",
	}
	if got := slices.Sorted(maps.Keys(made[0])); !slices.Equal(got, want) {
		t.Errorf("made %q", got)
	}
	var out bytes.Buffer
	into := t.TempDir()
	if err := store(into, made[0], &out); err != nil || strings.Count(out.String(), "\n") != len(want) {
		t.Errorf("%v\n%s", err, &out)
	}
	if _, err := exec.LookPath("sha256sum"); err == nil {
		c := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		c.Dir = into
		if out, err := c.CombinedOutput(); err != nil || strings.Count(string(out), ": OK\n") != len(want) {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// unpack reads a tarball, compressed or not.
func unpack(t *testing.T, packed []byte) (headers []*tar.Header, bodies map[string][]byte) {
	t.Helper()
	if bytes.HasPrefix(packed, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if packed, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	bodies = map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(packed)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return headers, bodies
		}
		if err != nil {
			t.Fatal(err)
		}
		headers = append(headers, h)
		if bodies[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// An archive has one folder, in which the program can be run, and no trace of the person who packed it.
func TestArchives(t *testing.T) {
	t.Parallel()
	r, program := release010(t, "../..")
	packed, err := r.archive(linux, program)
	if err != nil {
		t.Fatal(err)
	}
	const folder = "rolecall-0.1.0-dev+33112c590d5f/"
	headers, bodies := unpack(t, packed)
	modes := map[string]int64{}
	for _, h := range headers {
		modes[h.Name] = h.Mode
		if !strings.HasPrefix(h.Name, folder) || h.Uid+h.Gid != 0 || h.Uname+h.Gname != "" || !h.ModTime.Equal(r.time) {
			t.Errorf("%+v", h)
		}
	}
	for name, want := range map[string]int64{
		"rolecall": 0o755, "LICENSE": 0o644, "THIRD_PARTY.md": 0o644, "deploy.md": 0o644, "deploy/rolecall.service": 0o644, "deploy/audit-forward": 0o755,
		"man/rolecall.1": 0o644, "completion/zsh": 0o644,
	} {
		if modes[folder+name] != want {
			t.Errorf("%s has mode %o, want %o", name, modes[folder+name], want)
		}
	}
	if !bytes.Equal(bodies[folder+"rolecall"], program) {
		t.Error("the program is another one")
	}
	if packed, err = r.archive(windows, program); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == folder+"rolecall.exe" && f.Modified.Equal(r.time) }) {
		t.Error("there is no rolecall.exe")
	}
}

// Notes are one section of the changelog, and a release needs one with a date.
func TestNotes(t *testing.T) {
	t.Parallel()
	const changelog = "# Changelog\n\nIntro.\n\n## [0.2.0] - not released yet\n\n- New.\n\n## [0.1.1] - 2026-12-24\n\n- Second.\n\n## [0.1.0] - 2026-11-30\n\n- First.\n"
	for _, tt := range []struct {
		version  string
		released bool
		want     string
	}{
		{"0.1.1", true, "## [0.1.1] - 2026-12-24\n\n- Second.\n"},
		{"0.1.0", true, "## [0.1.0] - 2026-11-30\n\n- First.\n"},
		{"0.2.0-dev+33112c590d5f", false, "## [0.2.0] - not released yet\n\n- New.\n"},
		{"0.2.0", true, ""},
		{"0.1", true, ""},
	} {
		got, err := notesFrom(changelog, tt.version, tt.released)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: %q, %v", tt.version, got, err)
		}
	}
}

// The list of parts has every module of the program once, and the parts that are not modules.
func TestParts(t *testing.T) {
	t.Parallel()
	r, _ := release010(t, "../..")
	path, err := os.Executable() // which has a module in it, as hello has not
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := r.parts(program)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		BOMFormat  string
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	seen := map[string]component{}
	for _, c := range list.Components {
		if _, twice := seen[c.Name]; twice || c.Ref == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Name] = c
	}
	if list.BOMFormat != "CycloneDX" || list.Metadata.Component.Version != r.version || seen["stdlib"].Version != strings.TrimPrefix(runtime.Version(), "go") {
		t.Errorf("%s", text)
	}
	roots := seen["golang.org/x/crypto/x509roots/fallback"]
	if !strings.HasPrefix(roots.PURL, "pkg:golang/golang.org/x/crypto/x509roots/fallback@v0.0.0-") || len(roots.Properties) != 1 {
		t.Errorf("%+v in\n%s", roots, text)
	}
	if _, ok := seen["htmx"]; !ok {
		t.Error("htmx is missing")
	}
	if _, err := r.parts([]byte("no program")); err == nil {
		t.Error("a file that is no program has parts")
	}
}

// Nothing uncommitted gets into a release.
func TestOnlyWhatIsCommitted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	src := source{dir}
	git := func(args ...string) {
		t.Helper()
		args = append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)
		if _, err := src.output(t.Context(), []string{"GIT_COMMITTER_DATE=2026-11-30T12:00:00+02:00"}, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet")
	git("commit", "--quiet", "--allow-empty", "--message", "Begin")
	if c, err := src.commit(t.Context()); err != nil || c.tag != "" || c.time.Format(time.RFC3339) != "2026-11-30T10:00:00Z" {
		t.Errorf("%+v, %v", c, err)
	}
	git("tag", "v1.2.3")
	if c, err := src.commit(t.Context()); err != nil || c.tag != "v1.2.3" {
		t.Errorf("%+v, %v", c, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := src.commit(t.Context()); err == nil || !strings.Contains(err.Error(), "?? new") {
		t.Errorf("%+v, %v", c, err)
	}
}

// The real program, built in two folders that share nothing but the commit, is the same.
func TestProgramsRepeat(t *testing.T) {
	if os.Getenv("ROLECALL_DEEP") == "" {
		t.Skip("on request: ROLECALL_DEEP=1 builds the whole program twice, once without a cache")
	}
	var built []map[target][]byte
	for _, cache := range []string{"", t.TempDir()} {
		dir := filepath.Join(t.TempDir(), "src")
		if out, err := exec.Command("git", "clone", "--quiet", "../..", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if cache != "" {
			t.Setenv("GOCACHE", cache)
		}
		programs, err := source{dir}.build(t.Context(), t.TempDir(), []target{linux})
		if err != nil {
			t.Fatal(err)
		}
		built = append(built, programs)
	}
	if !bytes.Equal(built[0][linux], built[1][linux]) {
		t.Error("two builds of one commit differ")
	}
}
