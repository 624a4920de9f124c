package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// In this process an answer is read while it is written, and what breaks off is no answer.
func TestInProcess(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	handler := http.NewServeMux()
	handler.HandleFunc("GET /endless", func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		w.Header().Set("X-Before", "1")
		for {
			if _, err := io.WriteString(w, "more"); err != nil {
				return
			}
			w.Header().Set("X-After", "1") // too late
		}
	})
	handler.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	handler.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	handler.HandleFunc("POST /teapot", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.Copy(w, r.Body)
	})
	c := &http.Client{Transport: inProcess{handler}}
	get := func(method, path string) *http.Response {
		req, err := http.NewRequestWithContext(context.Background(), method, "http://localhost"+path, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	res := get("GET", "/endless")
	begun := make([]byte, 10)
	if _, err := io.ReadFull(res.Body, begun); err != nil || string(begun) != "moremoremo" || res.Header.Get("X-Before") != "1" || res.Header.Get("X-After") != "" {
		t.Errorf("%q, %v, %v", begun, res.Header, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the handler goes on after its answer was closed")
	}
	if b, err := io.ReadAll(get("GET", "/broken").Body); err == nil || string(b) != "half" {
		t.Errorf("an answer that broke off: %q, %v", b, err)
	}
	if res := get("GET", "/silent"); res.StatusCode != http.StatusOK {
		t.Errorf("a handler that says nothing: %d", res.StatusCode)
	}
	res = get("POST", "/teapot")
	if b, err := io.ReadAll(res.Body); err != nil || string(b) != "body" || res.StatusCode != http.StatusTeapot {
		t.Errorf("%d %q, %v", res.StatusCode, b, err)
	}
}
