// Invoices with Echo. Decisions are made in this process; without news from the server they end after a while.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"rolecall.example/client"
	"rolecall.example/client/echoguard"
	"rolecall.example/client/local"
)

// who stands for the session of your application. It returns the ids of the person who is signed in and of the page's company.
func who(c echo.Context) (user, organization string, ok bool) {
	user = c.Request().Header.Get("X-User")
	return user, c.Param("organization"), user != ""
}

func main() {
	c := &client.Client{BaseURL: os.Getenv("ROLECALL_URL"), Token: os.Getenv("ROLECALL_TOKEN")}
	staleness, _ := time.ParseDuration(os.Getenv("MAX_STALENESS")) // 0: that of the engine
	l, err := local.Open(context.Background(), c, local.Options{MaxStaleness: staleness})
	if err != nil {
		log.Fatal(err)
	}
	a, e := app{c}, echo.New()
	e.HideBanner = true // and print the address alone
	e.GET("/:organization/invoices", a.list, echoguard.Require(l, "invoice:read", who))
	e.POST("/:organization/invoices/:id/pay", a.pay, echoguard.Require(l, "invoice:pay", who))
	e.GET("/:organization/members", a.members, echoguard.Require(l, "organization_member:read", who))
	log.Fatal(e.Start("127.0.0.1:" + os.Getenv("PORT")))
}
