-- One DynamoDB item per customer and domain, in one table with partition key customer_id (S) and sort key sk (S).
--
-- Environment: PROFILES_TABLE, AWS_REGION and the usual AWS variables for credentials and endpoint. If there are none,
-- `freshet dev` writes to the DynamoDB that it brings.

CREATE SINK orders_sink FROM customer_orders WITH (
    connector = 'dynamodb',
    table = '${PROFILES_TABLE:-customer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'customer_id',
    freshet.sort_key = 'profile#orders'
);

CREATE SINK browsing_sink FROM customer_browsing WITH (
    connector = 'dynamodb',
    table = '${PROFILES_TABLE:-customer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'customer_id',
    freshet.sort_key = 'profile#browsing'
);

CREATE SINK returns_sink FROM customer_returns WITH (
    connector = 'dynamodb',
    table = '${PROFILES_TABLE:-customer_profiles}',
    region = '${AWS_REGION:-us-east-1}',
    primary_key = 'customer_id',
    freshet.sort_key = 'profile#returns'
);
