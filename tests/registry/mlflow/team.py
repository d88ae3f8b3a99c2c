"""What a team has in a bank's own MLflow, made with the unmodified client: two models, three versions, a webhook.

python team.py HOOK SECRET      # MLFLOW_TRACKING_URI names the server
"""

import sys

import lightgbm as lgb
import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

hook, secret = sys.argv[1:]
rng = np.random.default_rng(7)
X = pd.DataFrame(rng.normal(size=(200, 3)), columns=["income", "age", "debt"])
y = (X["income"] > X["debt"]).astype(int)
client = MlflowClient()
client.create_webhook("countersign", hook, ["model_version.created"], secret=secret)
mlflow.set_experiment("Arrears")
trees = lgb.train({"objective": "binary", "verbose": -1, "num_leaves": 4}, lgb.Dataset(X, y), 3)
with mlflow.start_run(run_name="night"):
    mlflow.log_param("leaves", 4)
    for step in range(3):
        mlflow.log_metric("auc", 0.7 + step / 100, step=step)
    mlflow.lightgbm.log_model(trees, name="trees", registered_model_name="Arrears trees")
line = LogisticRegression().fit(X, y)
for form in ("skops", "cloudpickle"):
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            line,
            name="line",
            serialization_format=form,
            input_example=X.head(3),
            registered_model_name="Arrears line",
        )
client.set_registered_model_alias("Arrears trees", "live", "1")
