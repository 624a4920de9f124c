package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const events = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestGood"}
{"Action":"output","Package":"p","Test":"TestGood","Output":"    good_test.go:3: a word\n"}
{"Action":"pass","Package":"p","Test":"TestGood","Elapsed":2.5}
{"Action":"pass","Package":"p","Test":"TestGood/part","Elapsed":9}
{"Action":"output","Package":"p","Test":"TestLeftOut","Output":"    out_test.go:7: only for PostgreSQL\n"}
{"Action":"output","Package":"p","Test":"TestLeftOut","Output":"--- SKIP: TestLeftOut (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestLeftOut","Elapsed":0}
{"Action":"output","Package":"p","Output":"ok  \tp\t2.5s\n"}
{"Action":"pass","Package":"p","Elapsed":2.5}
`

const failing = `{"Action":"output","Package":"p","Test":"TestBad","Output":"    bad_test.go:3: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestBad","Elapsed":0.1}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`

func TestReport(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run([]string{"-slowest", "5"}, strings.NewReader(events), &out); err != nil {
		t.Errorf("nothing failed: %v", err)
	}
	for text, want := range map[string]bool{"ok  \tp": true, "2.5 s  p.TestGood\n": true, "TestGood/part": false, "a word": false} {
		if strings.Contains(out.String(), text) != want {
			t.Errorf("has %q: %v, want %v\n%s", text, !want, want, &out)
		}
	}
	out.Reset()
	if err := run(nil, strings.NewReader(events+failing), &out); err == nil || !strings.Contains(out.String(), "got 1, want 2") {
		t.Errorf("a failure is told as %v\n%s", err, &out)
	}
	out.Reset()
	if err := run(nil, strings.NewReader(`{"Action":"build-output","ImportPath":"p","Output":"p.go:1: undefined\n"}`+"\n"+`{"Action":"fail","Package":"p"}`), &out); err == nil || !strings.Contains(out.String(), "undefined") {
		t.Errorf("a failed build is told as %v\n%s", err, &out)
	}
}

func TestSkipped(t *testing.T) {
	t.Parallel()
	ran := strings.NewReplacer(`"skip"`, `"pass"`).Replace(events)
	excused := strings.NewReplacer("only for PostgreSQL", "not here: there are no loop devices").Replace(events)
	for name, tt := range map[string]struct {
		runs   []string
		says   string
		passes bool
	}{
		"skipped":        {[]string{events}, "p.TestLeftOut: only for PostgreSQL", false},
		"run once":       {[]string{events, ran}, "No test was left out.", true},
		"by a platform":  {[]string{excused}, "p.TestLeftOut: not here: there are no loop devices", true},
		"nothing to say": {[]string{strings.ReplaceAll(events, ": only for PostgreSQL", "")}, "for no reason", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "tests")
			for _, events := range tt.runs {
				if err := run([]string{"-into", file}, strings.NewReader(events), &strings.Builder{}); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			if err := run([]string{"-skipped", file}, nil, &out); err != nil || !strings.Contains(out.String(), tt.says) {
				t.Errorf("said %v\n%s", err, &out)
			}
			if err := run([]string{"-skipped", file, "-strict"}, nil, &out); (err == nil) != tt.passes {
				t.Errorf("strictly: %v", err)
			}
		})
	}
	if err := run([]string{"-skipped", filepath.Join(t.TempDir(), "none")}, nil, &strings.Builder{}); !os.IsNotExist(err) {
		t.Errorf("without a file: %v", err)
	}
}
