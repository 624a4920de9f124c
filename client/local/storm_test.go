package local_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// storm is a bad line: it delays events, repeats them, puts those of different organizations in another order, ends streams,
// loses requests, and sends documents that it has sent before.
type storm struct {
	http.RoundTripper

	mu      sync.Mutex
	random  *rand.Rand
	calm    bool
	sent    map[string][][]byte // documents, by path
	streams map[*io.PipeReader]bool
}

func newStorm(seed uint64) *storm {
	return &storm{
		RoundTripper: &http.Transport{}, random: rand.New(rand.NewPCG(seed, 1)),
		sent: map[string][][]byte{}, streams: map[*io.PipeReader]bool{},
	}
}

// chance returns true once in so many times on average, and never when it is calm.
func (s *storm) chance(of int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.calm && s.random.IntN(of) == 0
}

func (s *storm) upTo(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// subside ends it.
func (s *storm) subside() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm = true
}

// cut ends all streams.
func (s *storm) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.streams {
		_ = r.CloseWithError(io.ErrUnexpectedEOF)
	}
}

// RoundTrip loses a request, or lets it through and does something to its answer.
func (s *storm) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.chance(40) {
		return nil, errors.New("the line is bad")
	}
	res, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream"):
		from := res.Body
		in, out := io.Pipe()
		s.mu.Lock()
		s.streams[in] = true
		s.mu.Unlock()
		go func() {
			_ = out.CloseWithError(s.carry(out, from))
			_ = from.Close()
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.streams, in)
		}()
		res.Body = &both{in, from}
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/snapshot") && strings.Contains(r.URL.Path, "/organizations/") && res.StatusCode == http.StatusOK:
		return res, s.replay(r.URL.Path, res)
	}
	return res, nil
}

// both closes both ends.
type both struct {
	*io.PipeReader
	from io.Closer
}

func (b *both) Close() error { return errors.Join(b.PipeReader.Close(), b.from.Close()) }

// replay sends a document that was sent before, now and then.
func (s *storm) replay(path string, res *http.Response) error {
	data, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	again := s.chance(3)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[path] = append(s.sent[path], data)
	list := s.sent[path][max(0, len(s.sent[path])-5):]
	s.sent[path] = list
	if again {
		data = list[s.random.IntN(len(list))]
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	return nil
}

var (
	eventID   = regexp.MustCompile(`(?m)^id: (.*)$`)
	eventName = regexp.MustCompile(`(?m)^event: (.*)$`)
	eventOf   = regexp.MustCompile(`"organization":"([^"]*)"`)
)

// carry passes events on: some together, those of different organizations in any order. Their positions stay in order, since
// a position says what came before.
func (s *storm) carry(to io.Writer, from io.Reader) error {
	frames := make(chan []byte, 1000)
	ended := make(chan error, 1)
	go func() {
		defer close(frames)
		lines := newFrames(from)
		for {
			frame, err := lines()
			if err != nil {
				ended <- err
				return
			}
			frames <- frame
		}
	}()
	var batch [][]byte
	flush := func() error {
		err := s.send(to, batch)
		batch = nil
		return err
	}
	for {
		var wait <-chan time.Time
		if len(batch) > 0 {
			delay := time.Duration(s.upTo(2000)) * time.Microsecond
			if s.chance(100) {
				delay = 50 * time.Millisecond
			}
			wait = time.After(delay)
		}
		select {
		case frame, ok := <-frames:
			if !ok {
				return errors.Join(flush(), <-ended)
			}
			if eventOf.Match(frame) && strings.Contains(string(frame), "event: change") {
				batch = append(batch, frame)
				continue
			}
			if err := errors.Join(flush(), s.send(to, [][]byte{frame})); err != nil { // what is about everything stays in its place
				return err
			}
		case <-wait:
			if err := flush(); err != nil {
				return err
			}
		}
		if s.chance(200) {
			return io.ErrUnexpectedEOF
		}
	}
}

// send sends events in another order, and some twice.
func (s *storm) send(to io.Writer, batch [][]byte) error {
	ids := make([][]byte, len(batch))
	queues, order := map[string][][]byte{}, []string{}
	for i, frame := range batch {
		ids[i] = eventID.Find(frame)
		of := ""
		if m := eventOf.FindSubmatch(frame); m != nil {
			of = string(m[1])
		}
		queues[of] = append(queues[of], eventID.ReplaceAll(frame, nil))
		order = append(order, of)
	}
	s.mu.Lock()
	if !s.calm {
		s.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	s.mu.Unlock()
	var before [][]byte
	for i, of := range order {
		frame := queues[of][0]
		queues[of] = queues[of][1:]
		frame = bytes.ReplaceAll(frame, []byte("\n\n"), []byte("\n"))
		if ids[i] != nil {
			frame = append(bytes.Clone(ids[i]), append([]byte("\n"), frame...)...)
		}
		if _, err := to.Write(append(bytes.TrimSuffix(frame, []byte("\n")), "\n\n"...)); err != nil {
			return err
		}
		before = append(before, frame)
		if s.chance(10) {
			old := eventID.ReplaceAll(before[s.upTo(len(before))], nil)
			old = append(bytes.Trim(bytes.ReplaceAll(old, []byte("\n\n"), []byte("\n")), "\n"), "\n\n"...)
			if name := eventName.FindSubmatch(old); name == nil || string(name[1]) == "hello" || string(name[1]) == "heartbeat" {
				continue
			}
			if _, err := to.Write(old); err != nil {
				return err
			}
		}
	}
	return nil
}

// newFrames returns a function that reads one event after the other as it is written.
func newFrames(from io.Reader) func() ([]byte, error) {
	var rest []byte
	buffer := make([]byte, 32<<10)
	return func() ([]byte, error) {
		for {
			if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
				frame := bytes.Clone(rest[:i+2])
				rest = rest[i+2:]
				return frame, nil
			}
			n, err := from.Read(buffer)
			rest = append(rest, buffer[:n]...)
			if err != nil {
				return nil, err
			}
		}
	}
}
