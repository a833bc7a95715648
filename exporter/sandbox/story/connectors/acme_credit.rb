# frozen_string_literal: true

{
  title: "Acme Credit",

  connection: {
    fields: [
      { name: "host", label: "Host", hint: "For example credit.acme.example", optional: false },
      { name: "api_key", label: "API key", control_type: "password", optional: false }
    ],

    authorization: {
      type: "custom_auth",
      apply: lambda do |connection|
        headers("X-Api-Key": connection["api_key"])
      end
    },

    base_uri: lambda do |connection|
      "https://#{connection['host']}/v2/"
    end
  },

  test: lambda do |_connection|
    get("ping")
  end,

  object_definitions: {
    score: {
      fields: lambda do |_connection, _config|
        [
          { name: "customer_number", label: "Customer number" },
          { name: "score", label: "Score", type: "integer" },
          { name: "limit", label: "Credit limit", type: "number" },
          { name: "currency", label: "Currency" },
          { name: "rated_at", label: "Rated at", type: "date_time" }
        ]
      end
    }
  },

  actions: {
    get_score: {
      title: "Get credit score",
      subtitle: "Score and limit of one customer",

      input_fields: lambda do |_object_definitions|
        [
          { name: "customer_number", label: "Customer number", optional: false }
        ]
      end,

      execute: lambda do |_connection, input|
        get("customers/#{input['customer_number']}/score")
          .after_error_response(/.*/) do |code, body, _header, message|
            error("Acme Credit answered #{code}: #{message} #{body}")
          end
      end,

      output_fields: lambda do |object_definitions|
        object_definitions["score"]
      end
    }
  },

  methods: {
    round_limit: lambda do |amount|
      (amount.to_f / 100).floor * 100
    end
  }
}
