// The description of the API, drawn by Swagger UI from /api; questions can be tried from the page.
window.addEventListener("load", function () {
  "use strict";
  window.SwaggerUIBundle({
    url: "/api", dom_id: "#described", docExpansion: "list", defaultModelsExpandDepth: 0,
    presets: [window.SwaggerUIBundle.presets.apis], layout: "BaseLayout",
  });
});
