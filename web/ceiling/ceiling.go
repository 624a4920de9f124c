// Package ceiling is the smallest server made of Echo: the benchmark measures web against it. It must not know anything of
// the product.
package ceiling

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Handler answers /empty with an empty JSON object that Echo writes, and /page with the bytes of page as JSON.
func Handler(page []byte) http.Handler {
	e := echo.New()
	e.GET("/empty", func(c echo.Context) error { return c.JSON(http.StatusOK, struct{}{}) })
	e.GET("/page", func(c echo.Context) error { return c.JSONBlob(http.StatusOK, page) })
	return e
}
