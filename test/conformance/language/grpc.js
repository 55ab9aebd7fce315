import grpc from 'k6/net/grpc';

export default function () {
  console.log(typeof grpc.Client, grpc.StatusOK);
}
