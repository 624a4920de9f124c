package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"rolecall.example/rbac/snapshot"
)

var (
	count = flag.Int("vectors", 20_000, "ask so many random questions")
	seed  = flag.Uint64("seed", 0, "of the random questions; 0 is a new one")
)

// player is an implementation under test: that of Go.
type player struct {
	keys  snapshot.KeySet
	state *snapshot.State
	now   time.Time

	asked     int
	yes, open int
}

// play goes through the steps and fails at the first that comes out otherwise.
func (p *player) play(r io.Reader) error {
	d := json.NewDecoder(r)
	for line := 1; ; line++ {
		var s step
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := p.step(&s); err != nil {
			return fmt.Errorf("line %d: %s: %w", line, s.Step, err)
		}
	}
}

func (p *player) step(s *step) error {
	switch s.Step {
	case "begin":
		return nil
	case "new":
		p.keys, p.state = s.Keys.Set(), snapshot.NewState(s.Issuer, func() time.Time { return p.now })
		return nil
	case "clock":
		p.now = time.UnixMicro(s.Now)
		return nil
	case "load":
		return expect(s.Expect, p.load(s.Document))
	case "apply":
		return expect(s.Expect, p.apply(s.Data))
	case "ask":
		return p.ask(s)
	case "resolve":
		org, _ := snapshot.ParseID(s.Organization)
		id, ok := p.state.Resolve(org, s.Kind, s.Value)
		got := ""
		if ok {
			got = snapshot.FormatID(id)
		}
		return expect(s.ID, got)
	case "damage":
		return p.damage(s.Document)
	}
	return errors.New("unknown")
}

func expect(want, got string) error {
	if want != got {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}

func (p *player) load(data []byte) string {
	d, err := snapshot.Read(bytes.NewReader(data), p.keys)
	if err != nil {
		return "refused"
	}
	switch err := p.state.Load(d); {
	case err == nil:
		return "ok"
	case errors.Is(err, snapshot.ErrOld):
		return "old"
	case errors.Is(err, snapshot.ErrIssuer):
		return "issuer"
	case errors.Is(err, snapshot.ErrBehind):
		return "behind"
	default:
		return err.Error()
	}
}

func (p *player) apply(data []byte) string {
	var c snapshot.Change
	if err := json.Unmarshal(data, &c); err != nil {
		return err.Error()
	}
	id, _ := snapshot.ParseID(c.Organization)
	before, held := p.state.Held(id)
	reload, err := p.state.Apply(c)
	switch {
	case err != nil:
		return err.Error()
	case reload:
		return "reload"
	case !held || before.Revision >= c.To:
		return "dropped"
	}
	return "ok"
}

func (p *player) ask(s *step) error {
	for i, q := range s.Questions {
		got := byte('?')
		switch allowed, ok := p.state.Allowed(q.user, q.org, q.pair, q.own); {
		case ok && allowed:
			got, p.yes = '1', p.yes+1
		case ok:
			got = '0'
		default:
			p.open++
		}
		if p.asked++; got != s.Answers[i] {
			return fmt.Errorf("question %d, %x %x %d %v: got %c, want %c", i, q.user, q.org, q.pair, q.own, got, s.Answers[i])
		}
	}
	return nil
}

func (p *player) damage(data []byte) error {
	if _, err := snapshot.Read(bytes.NewReader(data), p.keys); err != nil {
		return err
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 0x41
		for _, bad := range [][]byte{changed, data[:i]} {
			if _, err := snapshot.Read(bytes.NewReader(bad), p.keys); err == nil {
				return fmt.Errorf("damaged at %d and taken", i)
			}
		}
	}
	return nil
}

// The engine, a plain evaluator and the state of an application agree on random worlds.
func TestVectors(t *testing.T) {
	t.Parallel()
	from := *seed
	if from == 0 {
		from = rand.Uint64()>>11 + 1
	}
	t.Logf("-vectors %d -seed %d", *count, from)
	r, w := io.Pipe()
	go func() { w.CloseWithError(generate(w, *count, from)) }()
	p := &player{}
	if err := p.play(r); err != nil {
		t.Fatalf("seed %d: %v", from, err)
	}
	t.Logf("%d questions: %d allowed, %d for the server", p.asked, p.yes, p.open)
	if p.asked < *count || p.yes < p.asked/50 || p.open > p.asked/2 {
		t.Errorf("%d questions, %d allowed, %d for the server: they say little", p.asked, p.yes, p.open)
	}
}

// What is committed is what the generator makes, and is small.
func TestCommittedVectors(t *testing.T) {
	t.Parallel()
	stored, err := os.ReadFile("../testdata/vectors.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if err := (&player{}).play(bytes.NewReader(stored)); err != nil {
		t.Error(err)
	}
	var made bytes.Buffer
	if err := generate(&made, 1000, 1); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(made.Bytes(), stored) {
		t.Error("testdata/vectors.ndjson is not what go run ./rbac/snapshot/vectors -n 1000 -seed 1 writes")
	}
}
