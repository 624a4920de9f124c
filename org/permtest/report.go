package permtest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Formats are the forms that a report can be written in.
var Formats = []string{"text", "tap", "junit", "json"}

// Write writes the report in one of [Formats].
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "tap":
		return r.writeTAP(w)
	case "junit":
		return r.writeJUnit(w)
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		out := *r
		out.Results, out.Notes = append([]Result{}, r.Results...), append([]string{}, r.Notes...)
		return e.Encode(out)
	}
	return r.writeText(w)
}

// failed returns how many tests failed.
func (r *Report) failed() (n int) {
	for _, t := range r.Results {
		if len(t.Failures) > 0 {
			n++
		}
	}
	return n
}

// writeText writes a line for each test and, indented, one for each thing that is not as it says.
func (r *Report) writeText(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Results {
		if len(t.Failures) == 0 {
			fmt.Fprintf(&b, "ok    %s\n", t.Name)
			continue
		}
		fmt.Fprintf(&b, "FAIL  %s (%s:%d)\n", t.Name, t.File, t.Line)
		for _, f := range t.Failures {
			fmt.Fprintf(&b, "      %s\n", f)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note  %s\n", n)
	}
	tests := "tests"
	if len(r.Results) == 1 {
		tests = "test"
	}
	fmt.Fprintf(&b, "%d %s, %d failed\n", len(r.Results), tests, r.failed())
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTAP writes the Test Anything Protocol, version 14.
func (r *Report) writeTAP(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 14\n1..%d\n", len(r.Results))
	escape := strings.NewReplacer(`\`, `\\`, "#", `\#`, "\n", " ")
	for i, t := range r.Results {
		if len(t.Failures) == 0 {
			fmt.Fprintf(&b, "ok %d - %s\n", i+1, escape.Replace(t.Name))
			continue
		}
		fmt.Fprintf(&b, "not ok %d - %s\n  ---\n  at: %s\n  failures:\n", i+1, escape.Replace(t.Name), quoted(fmt.Sprintf("%s:%d", t.File, t.Line)))
		for _, f := range t.Failures {
			fmt.Fprintf(&b, "    - %s\n", quoted(f))
		}
		b.WriteString("  ...\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "# %s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted writes a text as YAML, which takes JSON's.
func quoted(s string) string {
	text, _ := json.Marshal(s) // a text can be written
	return string(text)
}

// The form of JUnit, as far as those who read it agree.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a suite for each file. It has no times: nobody waits for a decision.
func (r *Report) writeJUnit(w io.Writer) error {
	all := junitSuites{Tests: len(r.Results), Failures: r.failed()}
	for _, t := range r.Results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != t.File {
			all.Suites = append(all.Suites, junitSuite{Name: t.File})
		}
		s := &all.Suites[len(all.Suites)-1]
		s.Tests++
		c := junitCase{Name: t.Name, Class: t.File, File: t.File, Line: t.Line}
		if len(t.Failures) > 0 {
			s.Failures++
			c.Failure = &junitFailure{Message: t.Failures[0], Text: strings.Join(t.Failures, "\n")}
		}
		s.Cases = append(s.Cases, c)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}
