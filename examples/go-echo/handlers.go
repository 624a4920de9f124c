package main

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rolecall.example/client"
)

// app has the handlers. They run only for people whom the guard lets through.
type app struct{ roles *client.Client }

func (app) list(c echo.Context) error { return c.String(http.StatusOK, `[{"id":7,"amount":120}]`) }

func (app) pay(c echo.Context) error { return c.String(http.StatusOK, `{"paid":true}`) }

// members lists all of them, or says that it cannot: an incomplete list ends with an error.
func (a app) members(c echo.Context) error {
	names := []string{}
	for m, err := range a.roles.StreamMembers(c.Request().Context(), c.Param("organization"), client.MemberQuery{}) {
		if err != nil {
			c.Response().Header().Set("Retry-After", "2")
			return echo.NewHTTPError(http.StatusServiceUnavailable, "Try again.")
		}
		names = append(names, m.Username)
	}
	return c.JSON(http.StatusOK, names)
}
