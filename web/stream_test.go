package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"rolecall.example/org/account"
	"rolecall.example/org/services"
)

// streaming serves one answer over a real connection, by a server that knows no users or data.
func streaming(t *testing.T, answer func(*Server, *call) error) (status int, body string, err error) {
	t.Helper()
	s, err := New(Options{Service: &services.Service{}, Sessions: account.NewSessionStore(nil, nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.begin(echo.New().NewContext(r, w))
		if err := answer(s, c); err != nil {
			s.conclude(err, c.echo)
		}
	}))
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return res.StatusCode, string(data), err
}

// TestStreamFails: a failure before the first full buffer is answered as such; one after it cuts the connection, so that
// no client takes half a list for the whole.
func TestStreamFails(t *testing.T) {
	t.Parallel()
	failure := errors.New("the database is gone")
	rows := func(n int) *stream {
		return &stream{write: func(out *sink) error {
			_, err := out.WriteString(strings.Repeat("x", n))
			return errors.Join(err, failure)
		}}
	}
	early, body, err := streaming(t, func(s *Server, c *call) error { return s.sendStream(c, rows(100)) })
	if err != nil || early != http.StatusInternalServerError || strings.Contains(body, "xxx") || strings.Contains(body, "database") {
		t.Errorf("early: got %d %q, %v", early, body, err)
	}
	late, body, err := streaming(t, func(s *Server, c *call) error { return s.sendStream(c, rows(100_000)) })
	if err == nil {
		t.Errorf("late: got %d and %d bytes as if they were all", late, len(body))
	}
}

// TestCompressedStreamFails: the same in a coding, and an error comes without it.
func TestCompressedStreamFails(t *testing.T) {
	t.Parallel()
	for _, coding := range []string{"gzip", "br", "zstd"} {
		for size, whole := range map[int]bool{100: true, 2000: true, 100_000: false} {
			var header http.Header
			_, body, err := streaming(t, func(s *Server, c *call) error {
				c.request().Header.Set("Accept-Encoding", coding)
				header = c.response().Header()
				return s.sendStream(c, &stream{write: func(out *sink) error {
					_, err := out.WriteString(strings.Repeat("x", size))
					return errors.Join(err, errors.New("the database is gone"))
				}})
			})
			if whole != (err == nil) || whole && (header.Get("Content-Encoding") != "" || !strings.Contains(body, "internal server error")) {
				t.Errorf("%s, %d bytes: %v, %q in %q", coding, size, err, body, header.Get("Content-Encoding"))
			}
		}
	}
}

// nowhere is a connection that counts what it is sent.
type nowhere struct {
	header http.Header
	bytes  int
}

func (n *nowhere) Header() http.Header { return n.header }

func (n *nowhere) WriteHeader(int) {}

func (n *nowhere) Write(b []byte) (int, error) {
	n.bytes += len(b)
	return len(b), nil
}

// TestStreamsHoldLittle: a list of 64 MiB takes no more memory than one of 1 MiB, in any coding. It must not run beside
// other tests, which allocate too.
func TestStreamsHoldLittle(t *testing.T) {
	s, err := New(Options{Service: &services.Service{}, Sessions: account.NewSessionStore(nil, nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	row := []byte(strings.Repeat("a row of some list, ", 50))
	takes := func(coding string, size int) uint64 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", coding)
		to := &nowhere{header: http.Header{}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := s.sendStream(s.begin(echo.New().NewContext(r, to)), &stream{write: func(out *sink) (err error) {
			for sent := 0; sent < size && err == nil; sent += len(row) {
				_, err = out.Write(row)
			}
			return err
		}}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if to.header.Get("Content-Encoding") != coding || to.bytes == 0 || coding != "" && to.bytes > size/4 {
			t.Errorf("%q: %d bytes of %d, in %q", coding, to.bytes, size, to.header.Get("Content-Encoding"))
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, coding := range []string{"", "gzip", "br", "zstd"} {
		takes(coding, 1<<20) // fills the pool, which the race detector now and then empties: there is room for a compressor
		if few, many := takes(coding, 1<<20), takes(coding, 64<<20); many > few+32<<20 {
			t.Errorf("%q: 1 MiB takes %d bytes, 64 MiB take %d", coding, few, many)
		}
	}
}

// TestLongListsTakeTurns: only so many are sent at once, and who gives up waiting takes no turn.
func TestLongListsTakeTurns(t *testing.T) {
	t.Parallel()
	status, _, err := streaming(t, func(s *Server, c *call) error {
		for range cap(s.streams) {
			s.streams <- struct{}{}
		}
		done := make(chan error)
		go func() {
			done <- s.sendStream(c, &stream{long: true, write: func(out *sink) error { _, err := out.WriteString("[]"); return err }})
		}()
		select {
		case err := <-done:
			return errors.Join(errors.New("it did not wait"), err)
		case <-time.After(20 * time.Millisecond): // it waits, or is slow to begin
		}
		<-s.streams
		err := <-done
		if len(s.streams) != cap(s.streams)-1 {
			t.Errorf("%d turns are taken, want %d", len(s.streams), cap(s.streams)-1)
		}
		return err
	})
	if err != nil || status != http.StatusOK {
		t.Errorf("got %d, %v", status, err)
	}
}

// TestPanic: a panic is answered like any fault, without its value.
func TestPanic(t *testing.T) {
	t.Parallel()
	status, body, err := streaming(t, func(_ *Server, c *call) error {
		return guarded(func() error { panic("secret " + c.id) })
	})
	if err != nil || status != http.StatusInternalServerError || strings.Contains(body, "secret") {
		t.Errorf("got %d %q, %v", status, body, err)
	}
}
