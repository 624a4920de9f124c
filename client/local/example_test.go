package local_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"rolecall.example/client/guard"
	"rolecall.example/client/local"
)

// example stands for a test where there is none.
type example struct{ testing.TB }

func (example) Helper() {}

func Example() {
	ctx := context.Background()
	server := newFake(example{}).client() // of your server: its address, and the token of a service account
	l, err := local.Open(ctx, server, local.Options{Organizations: local.All})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	read, void := l.Must("report", "read"), l.Must("report", "void") // a permission that does not exist panics

	const organization = "01000000-0000-0000-0000-000000000065"
	const ada, bob = "01000000-0000-0000-0000-000000000001", "01000000-0000-0000-0000-000000000002"
	fmt.Println(l.Check(ada, organization, read).Allowed, l.Check(ada, organization, void).Allowed)
	fmt.Println(l.Check(bob, organization, read).Allowed, l.Check(bob, organization, read, local.Owner(bob)).Allowed)
	// Output:
	// true false
	// false true
}

// A guard runs a handler for those who may, and answers everybody else.
func Example_guard() {
	server := newFake(example{}).client()
	l, err := local.Open(context.Background(), server, local.Options{Organizations: local.All})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()

	who := func(r *http.Request) (user, organization string, ok bool) { // from your session
		return r.Header.Get("X-User"), r.PathValue("organization"), r.Header.Get("X-User") != ""
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{organization}/reports", guard.Require(l, "report:read", who)(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "all reports") })))

	for _, user := range []string{"01000000-0000-0000-0000-000000000001", "01000000-0000-0000-0000-000000000002", ""} {
		r := httptest.NewRequest(http.MethodGet, "/01000000-0000-0000-0000-000000000065/reports", nil)
		r.Header.Set("X-User", user)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 403
	// 401
}
