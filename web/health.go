package web

import (
	_ "embed"
	"errors"
	"io"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/static"
)

//go:embed openapi.json
var document []byte

// plain is an answer for whatever watches the server, which reads the status and perhaps a word.
func plain(status int, text string) reply {
	return reply{raw: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text+"\n") // whoever asked is gone: nobody is left to tell
	})}
}

func (s *Server) checkHealth(*call) (reply, error) { return plain(http.StatusOK, "ok"), nil }

func (s *Server) checkReady(c *call) (reply, error) {
	if s.draining.Load() {
		return plain(http.StatusServiceUnavailable, "stopping"), nil
	}
	err := s.org.Ready(c.ctx)
	if err == nil {
		return plain(http.StatusOK, "ready"), nil
	}
	s.logFailure(c, err)
	if e, ok := errors.AsType[*org.Error](err); ok {
		return plain(http.StatusServiceUnavailable, e.Message), nil
	}
	return plain(http.StatusServiceUnavailable, "no database"), nil
}

func (s *Server) showBuild(*call) (reply, error) {
	address := ""
	if s.AccessURL != nil {
		address = s.AccessURL.String()
	}
	return reply{data: client.BuildInfo{Version: s.Version, ExternalURL: address}}, nil
}

func (s *Server) showDocument(c *call) (reply, error) {
	return reply{raw: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		_ = c.send(http.StatusOK, typeJSONOut, document)
	})}, nil
}

func (s *Server) serveStatic(*call) (reply, error) { return reply{raw: static.Handler()}, nil }
