package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"rolecall.example/client"
)

// A server in the form of an answer to one question, so that the example runs.
func standIn() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /api/v2/organizations/acme/members":
			fmt.Fprint(w, `[{"username":"ada","roles":[{"name":"organization-admin"}]},{"username":"grace","roles":[]}]`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"Resource not found or you do not have access to this resource"}`)
		}
	}))
}

func Example() {
	server := standIn()
	defer server.Close()
	ctx := context.Background()
	c := &client.Client{BaseURL: server.URL, Token: "…"}

	members, err := c.Members(ctx, "acme", client.MemberQuery{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range members {
		fmt.Println(m.Username, len(m.Roles))
	}

	_, err = c.Role(ctx, client.In("acme"), "nothing")
	fmt.Println(client.StatusOf(err), err)
	// Output:
	// ada 1
	// grace 0
	// 404 Resource not found or you do not have access to this resource
}
