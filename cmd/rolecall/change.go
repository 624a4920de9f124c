package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"rolecall.example/client"
)

// match returns what makes a change conditional: on the version of --if-match, or else on the version that was shown
// before the question, so that nothing is done to what nobody has seen. With --yes nothing was shown, so the condition
// would only make scripts fail by chance.
func (q *query) match(shown string) []client.Option {
	if q.yes {
		shown = ""
	}
	if tag := cmp.Or(q.ifMatch, shown); tag != "" {
		return []client.Option{client.IfMatch(tag)}
	}
	return nil
}

// confirm asks a question on the terminal unless --yes answered it, below what it is about. Any other answer than yes,
// and an interruption, is errNo. Where nobody can be asked, nothing is done. The question goes to standard error, since
// standard output may be a file.
func (q *query) confirm(ctx context.Context, t *terminal, question string, about ...report) error {
	if q.yes {
		return nil
	}
	if f, ok := t.in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		// Neither a yes nor a no can be assumed: a script that hangs at a question nobody sees is as bad as one that
		// deletes.
		return usageError("--yes is needed where no one can be asked: " + question)
	}
	for _, r := range about {
		t.tell(t.err, r)
	}
	fmt.Fprintf(t.err, "%s [y/N] ", question)
	answered := make(chan string, 1)
	// Reading a terminal cannot be interrupted, so it has a goroutine of its own.
	go func() {
		line, _ := bufio.NewReader(t.in).ReadString('\n') // what cannot be read is no yes
		answered <- line
	}()
	var answer string
	select {
	case answer = <-answered:
	case <-ctx.Done(): // reading goes on, and the program ends
		fmt.Fprintln(t.err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	fmt.Fprintln(t.err, "Nothing was changed.")
	// No is exit code 1: nothing failed, and a script can tell it from done.
	return errNo
}

// sentence returns the text of a report that is one line.
func sentence(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format+"\n", args...) }
}

// names returns the operands and the lines of --file. The operand "-" stands for the lines of standard input. Empty
// lines, and what follows a #, do not count. A list with comments can so be kept beside a script.
func (q *query) names(t *terminal, operands []string) (names []string, err error) {
	files := []string{}
	if q.file != "" {
		files = append(files, q.file)
	}
	for _, operand := range operands {
		if operand == "-" {
			files = append(files, operand)
		} else {
			names = append(names, operand)
		}
	}
	for _, file := range files {
		text, err := t.read(file)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); line != "" {
				names = append(names, line)
			}
		}
	}
	return names, nil
}

// read returns what is in a file, or in standard input if that is named "-".
func (t *terminal) read(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(t.in)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usageError("there is no file " + file)
	}
	return text, err
}

// impactHead and impactRows are whom a change would affect, as a table.
var impactHead = []string{"EFFECT", "PERMISSION", "MEMBERS", "WHO"}

// namedInLine is how many people a line names. Programs get all that the server names; people read one line on one row of
// their terminal.
const namedInLine = 5

// The server names some people of each line only; dots say that there are more.
func impactRows(i client.Impact) (rows [][]string) {
	for _, part := range []struct {
		effect string
		lines  []client.ImpactLine
	}{{"gain", i.Gains}, {"lose", i.Losses}, {"keep", i.Keeps}} {
		for _, l := range part.lines {
			permission := l.ResourceType + ":" + l.Action
			if l.Own {
				permission += " (own)"
			}
			named := l.Sample[:min(len(l.Sample), namedInLine)]
			who := strings.Join(named, ", ")
			if l.Members > len(named) {
				who += ", …"
			}
			rows = append(rows, []string{part.effect, permission, thousands(l.Members), who})
		}
	}
	return rows
}

// impactReport is the answer to a dry run. value is what the API answered: the impact, alone or with more.
func impactReport(i client.Impact, value any) report {
	rows := impactRows(i)
	return report{value: value, head: impactHead, rows: rows, names: affected(i), text: func(w io.Writer) {
		fmt.Fprintln(w, impactSentence(i))
		if i.Warning != "" {
			fmt.Fprintln(w, "Warning: "+i.Warning)
		}
		table(w, rows...)
	}}
}

// affected returns the names that an impact tells of.
func affected(i client.Impact) []string {
	names := []string{}
	seen := map[string]bool{}
	// Who keeps everything is not affected.
	for _, lines := range [][]client.ImpactLine{i.Gains, i.Losses} {
		for _, l := range lines {
			for _, name := range l.Sample {
				if !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// impactSentence counts those also who would gain and lose nothing: that a change is about many and does little is worth
// knowing.
func impactSentence(i client.Impact) string {
	text := fmt.Sprintf("%s concerned, %s would gain or lose a permission", counted(i.Members, "member is", "members are"), thousands(i.Affected))
	if i.Roleless > 0 {
		text += fmt.Sprintf(", %s would be without a role", thousands(i.Roleless))
	}
	return text + "."
}
